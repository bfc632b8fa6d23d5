//! `fh explain`: explains how a feature gets its value.

use clap::Args;

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::payload::Payload;
use crate::ruleset::{RulesArgs, SubjectArgs, feature, subject};
use crate::screen::Screen;

/// Explain why a feature has its value for a context.
///
/// Shows each strategy in order, with its rules that match or fail and, if it has a percentage, the bucket of the percentage
/// key. Names the strategy that decided. Strategies after it are shown as not reached.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh explain NEW_CHECKOUT features.json -c userkey=fred -c version=4.2.0
  fh explain NEW_CHECKOUT features.json -c userkey=fred --profile edge
  fh explain NEW_CHECKOUT - --no-context --json < features.json

Buckets run from 0 to 999,999. A percentage of 20 % admits the buckets up to 200,000.
The percentages of strategies without rules add up.

Exit codes: 0 fine, 1 there is no such feature, 2 the usage or the input is wrong.")]
pub(crate) struct ExplainArgs {
    /// The key of the feature to explain
    key: String,

    /// A file with a payload from FeatureHub, or - for stdin
    file: String,

    #[command(flatten)]
    subject: SubjectArgs,

    #[command(flatten)]
    rules: RulesArgs,
}

pub(crate) fn run(
    args: &ExplainArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let payload = Payload::read_for_key(&args.file, &args.key)?;
    let ruleset = args.rules.compile(&payload)?;
    let feature = feature(&ruleset, &args.key, &payload)?;
    let attributes = args.subject.attributes();
    let report = feature.explain(&subject(attributes.as_ref(), args.rules.now())).report();
    if json {
        json_output::document(screen.raw(), &report)?;
    } else {
        screen.report(&report)?;
    }
    Ok(Status::Fine)
}
