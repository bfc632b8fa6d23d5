//! `fh explain`: explains how a feature gets its value.

use clap::Args;

use crate::attribute_names;
use crate::commands::{featbit_explain, featuresignals_explain};
use crate::failure::{Failure, Status};
use crate::featbit;
use crate::featuresignals;
use crate::json_output;
use crate::payload::FeatureInputArgs;
use crate::ruleset::{RulesArgs, SubjectArgs, subject};
use crate::screen::Screen;
use crate::system::{System, SystemArgs, UserArgs};
use crate::value_ids;

/// Explain why a feature has its value for a context.
///
/// Shows each strategy in order, with its rules that match or fail and, if it has a percentage, the bucket of the percentage
/// key. Names the strategy that decided. Strategies after it are shown as not reached.
#[derive(Debug, Args)]
#[command(
    override_usage = "fh explain [OPTIONS] <FILE> [API_KEY] <FEATURE>",
    after_help = "\
Examples:
  fh explain features.json NEW_CHECKOUT -c userkey=fred -c version=4.2.0
  fh explain state.yaml NEW_CHECKOUT --environment dev -c userkey=fred --profile edge
  fh explain https://edge.example.com 'ENVIRONMENT/KEY*' NEW_CHECKOUT -c userkey=fred
  fh explain - NEW_CHECKOUT --no-context --json < features.json
  fh explain data-sync.json checkout --system featbit -c keyId=bob -c plan=pro
  fh explain ruleset.json checkout --system featuresignals -c key=bob -c plan=pro

With --profile edge, percentages hash the id of the feature's value, which a state file
or --value-ids gives, and a payload does not.

Buckets run from 0 to 999,999. A percentage of 20 % admits the buckets up to 200,000.
The percentages of strategies without rules add up.

Exit codes: 0 fine, 1 there is no such feature, 2 the usage or the input is wrong."
)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    input: FeatureInputArgs,

    #[command(flatten)]
    subject: SubjectArgs,

    #[command(flatten)]
    system: SystemArgs,

    #[command(flatten)]
    user: UserArgs,

    #[command(flatten)]
    rules: RulesArgs,
}

pub(crate) fn run(
    args: &ExplainArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let (input, key) = args.input.resolve()?;
    let file = input.file;
    args.system.refuse(&args.rules.of_featurehub_alone())?;
    args.system.refuse(&[input.key()])?;
    match args.system.system {
        System::Featurehub => {}
        System::Featbit => {
            let profile = args.rules.featbit_profile()?;
            let user = featbit::user(&args.user, &args.subject)?;
            return featbit_explain::run(key, file, profile, &user, json, screen);
        }
        System::Featuresignals => {
            args.rules.featuresignals_profile()?;
            let context = featuresignals::context(&args.user, &args.subject)?;
            let now = args.rules.now();
            return featuresignals_explain::run(key, file, &context, now, json, screen);
        }
    }
    args.user.refuse()?;
    let payload = input.read()?;
    let rules = args.rules.compile(&payload)?;
    let feature = rules.feature(key, &payload)?;
    let attributes = args.subject.attributes();
    let subject = subject(attributes.as_ref(), args.rules.now());
    if rules.is_guess(key, &subject) {
        screen.aside(&format!("note: {}", value_ids::note(&payload.name, key)))?;
    }
    let report = feature.explain(&subject).report();
    if json {
        json_output::document(screen.raw(), &report)?;
    } else {
        screen.lines(&report.lines())?;
    }
    if let Some(attributes) = &attributes {
        attribute_names::note(screen, attributes, [feature])?;
    }
    Ok(Status::Fine)
}
