//! `fh explain`: why somebody gets a value.

use clap::Args;
use fh_eval::featurehub::Compiler;

use crate::cli::ProfileArgs;
use crate::clock::ClockArgs;
use crate::commands::eval::subject;
use crate::context::ContextArgs;
use crate::failure::{Failure, Status};
use crate::jsonout;
use crate::payload::{EnvironmentArgs, Payload, no_such_feature};
use crate::screen::Screen;

/// Say why somebody gets the value they get.
///
/// Walks the strategies in order and shows for each whether its rules hold, into which bucket the percentage key falls, and
/// where the decision was made.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh explain NEW_CHECKOUT features.json -c userkey=fred -c version=4.2.0
  fh explain NEW_CHECKOUT features.json -c userkey=fred --profile edge
  fh explain NEW_CHECKOUT - --no-context --json < features.json

Buckets run from 0 to 999,999; a strategy of 20 % takes buckets up to 200,000.

Exit codes: 0 fine, 1 there is no such feature, 2 the input cannot be read.")]
pub(crate) struct ExplainArgs {
    /// The feature
    key: String,

    /// What FeatureHub sent, or - for stdin
    file: String,

    #[command(flatten)]
    context: ContextArgs,

    /// Explain what happens without any context
    #[arg(long, conflicts_with = "context")]
    no_context: bool,

    #[command(flatten)]
    environment: EnvironmentArgs,

    #[command(flatten)]
    profile: ProfileArgs,

    #[command(flatten)]
    clock: ClockArgs,
}

pub(crate) fn run(
    args: &ExplainArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let payload = Payload::read_for_key(&args.file, &args.key)?;
    let environment =
        payload.environment(args.environment.environment.as_deref(), "--environment")?;
    let ruleset = Compiler::new(args.profile.profile).compile(&environment);
    let Some(feature) = ruleset.get(&args.key) else {
        let keys = ruleset.iter().map(|feature| feature.key());
        return Err(Failure::NotFound(no_such_feature(&payload.name, &args.key, keys)));
    };
    let attributes = (!args.no_context).then(|| args.context.attributes());
    let report = feature.explain(&subject(attributes.as_ref(), args.clock.now())).report();
    if json {
        jsonout::document(screen.raw(), &report)?;
    } else {
        screen.report(&report)?;
    }
    Ok(Status::Fine)
}
