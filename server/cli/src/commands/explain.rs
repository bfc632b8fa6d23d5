//! `fh explain`: explains how a feature gets its value.

use clap::Args;

use crate::failure::{Failure, Status};
use crate::payload::FeatureInputArgs;
use crate::ruleset::{RulesArgs, SubjectArgs};
use crate::screen::Screen;
use crate::system::{SystemArgs, UserArgs};
use crate::systems::{self, flag_system::Given};

/// Explain why a feature has its value for a context.
///
/// Shows each strategy in order, with its rules that match or fail and, if it has a percentage, the bucket of the percentage
/// key. Names the strategy that decided. Strategies after it are shown as not reached.
#[derive(Args)]
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
    let ExplainArgs { user, subject, rules, .. } = args;
    let (input, key) = args.input.resolve()?;
    args.system.refuse(&rules.of_featurehub_alone())?;
    args.system.refuse(&[input.key()])?;
    let system = systems::of(args.system.system);
    let open = system.open(&Given { input, user, subject, rules })?;
    open.explain(key, screen)?.write(json, screen)?;
    open.note(key, screen)?;
    Ok(Status::Fine)
}
