//! `fh eval`: evaluates the features of a payload for a context.

use clap::Args;
use fh_eval::Severity;

use crate::commands::cases;
use crate::failure::{Failure, Status};
pub(crate) use crate::feature_table::Row;
use crate::feature_table::{Reading, Selection};
use crate::payload::{Payload, no_such_feature};
use crate::ruleset::{RulesArgs, SubjectArgs, subject};
use crate::sanitize;
use crate::screen::Screen;

/// Evaluate every feature of a payload for a context, or evaluate a file of cases.
///
/// Shows each feature's value, its reason, and the strategy that decided. The reasons are STRATEGY_MATCH (a strategy without
/// a percentage, or with the percentage 0, matched), SPLIT (a strategy with a percentage matched), DEFAULT (no strategy
/// matched), STATIC (the feature has no strategies) and NOT_SET (the value is null). Buckets are computed from the id of the
/// feature, also under profile edge, because no payload contains the id that FeatureHub's Edge uses.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh eval features.json --context userkey=fred --context country=new_zealand
  fh eval features.json -c userkey=fred -c plan=gold,beta --key NEW_CHECKOUT
  curl -s \"$EDGE_URL/features?apiKey=$API_KEY\" | fh eval - --json
  fh eval features.json --now 2026-11-27T00:00:00Z
  fh eval --cases cases.json --profile edge

A case is {\"id\": 1, \"feature\": {...}, \"context\": {\"userkey\": \"fred\"}}.
--cases reads a JSON array of cases and writes a JSON array of results in the same
order. A result is {\"id\", \"matched\", \"strategyId\", \"value\", \"reason\"}, or
{\"id\", \"error\"} for a case that cannot be read. Values in a context may be lists;
a case with the context null is evaluated without a context.

Exit codes: 0 fine, 1 a --key does not exist, 2 the usage or the input is wrong.")]
pub(crate) struct EvalArgs {
    /// A file with a payload from FeatureHub, or - for stdin
    #[arg(required_unless_present = "cases")]
    file: Option<String>,

    /// Evaluate the JSON array of cases in this file instead of a payload. If FILE is - or is left out, the cases are read
    /// from stdin
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        default_missing_value = "-",
        conflicts_with_all = ["file", "key", "context", "no_context", "environment"]
    )]
    cases: Option<String>,

    #[command(flatten)]
    subject: SubjectArgs,

    /// Show only the feature with this key. Repeat the option for several features
    #[arg(short, long)]
    key: Vec<String>,

    #[command(flatten)]
    rules: RulesArgs,
}

pub(crate) fn run(args: &EvalArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let now = args.rules.now();
    if let Some(path) = &args.cases {
        return cases::run(path, args.rules.profile(), now, screen);
    }
    let path = args.file.as_deref().unwrap_or("-");
    let payload = Payload::read(path)?;
    let ruleset = args.rules.compile(&payload)?;
    let attributes = args.subject.attributes();
    let subject = subject(attributes.as_ref(), now);
    let all: Vec<Reading<'_>> = ruleset
        .iter()
        .map(|feature| Reading::evaluated(feature, &feature.evaluate(&subject)))
        .collect();
    let selection = Selection::of(&all, &args.key);
    selection.write(screen, json)?;
    let unread =
        ruleset.diagnostics().filter(|diagnostic| diagnostic.severity() == Severity::Error).count();
    if unread > 0 {
        let parts = sanitize::plural(unread, "part", "parts");
        screen.aside(&format!(
            "warning: {parts} of {} cannot be used; `fh lint {path}` lists them",
            payload.name
        ))?;
    }
    selection.end(screen, |key| no_such_feature(&payload.name, key, all.iter().map(Reading::key)))
}
