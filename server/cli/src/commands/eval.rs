//! `fh eval`: evaluates the features of a payload for a context.

use clap::Args;
use fh_eval::Severity;

use crate::attribute_names;
use crate::commands::{
    cases, featbit_cases, featbit_eval, featuresignals_cases, featuresignals_eval,
};
use crate::failure::{Failure, Status};
use crate::featbit;
pub(crate) use crate::feature_table::Row;
use crate::feature_table::{Reading, Selection};
use crate::featuresignals;
use crate::payload::InputEdgeArgs;
use crate::ruleset::{RulesArgs, SubjectArgs, subject};
use crate::sanitize;
use crate::screen::Screen;
use crate::system::{System, SystemArgs, UserArgs};
use crate::value_ids;

/// Evaluate every feature of a payload for a context, or evaluate a file of cases.
///
/// Shows each feature's value, its reason, and the strategy that decided. The reasons are STRATEGY_MATCH (a strategy without
/// a percentage, or with the percentage 0, matched), SPLIT (a strategy with a percentage matched), DEFAULT (no strategy
/// matched), STATIC (the feature has no strategies) and NOT_SET (the value is null). Under profile edge, percentages hash the
/// id of the feature's value, which a state file or --value-ids gives. A payload does not hold this id. A note then names the
/// features whose value may differ from that of an Edge.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh eval features.json --context userkey=fred --context country=new_zealand
  fh eval features.json -c userkey=fred -c plan=gold,beta --key NEW_CHECKOUT
  fh eval state.yaml --environment dev -c userkey=fred --profile edge
  fh eval https://edge.example.com 'ENVIRONMENT/KEY*' -c userkey=fred
  curl -s \"$EDGE_URL/features?apiKey=$API_KEY\" | fh eval - --json
  fh eval features.json --now 2026-11-27T00:00:00Z
  fh eval --cases cases.json --profile edge
  fh eval --system featbit data-sync.json -k checkout -c keyId=bob -c plan=pro
  fh eval --system featuresignals ruleset.json -c key=bob -c plan=pro

A case is {\"id\": 1, \"feature\": {...}, \"context\": {\"userkey\": \"fred\"}}.
--cases reads a JSON array of cases and writes a JSON array of results in the same
order. A result is {\"id\", \"matched\", \"strategyId\", \"value\", \"reason\"}, or
{\"id\", \"error\"} for a case that cannot be read. Values in a context may be lists;
a case with the context null is evaluated without a context.

Exit codes: 0 fine, 1 a --key does not exist, 2 the usage or the input is wrong.")]
pub(crate) struct EvalArgs {
    /// The features: a file with a payload from FeatureHub, a state file, - for stdin, or the URL of an Edge. The URL may contain
    /// the API key, as in `https://edge.example.com/features/ENVIRONMENT/KEY`
    #[arg(required_unless_present = "cases")]
    file: Option<String>,

    #[command(flatten)]
    edge: InputEdgeArgs,

    /// Evaluate the JSON array of cases in this file instead of a payload. If FILE is - or is left out, the cases are read
    /// from stdin
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        default_missing_value = "-",
        conflicts_with_all = ["file", "key", "context", "no_context", "user", "environment", "value_ids"]
    )]
    cases: Option<String>,

    /// With --system featuresignals and --cases: the file with the ruleset of the cases
    #[arg(long, value_name = "FILE", requires = "cases")]
    state: Option<String>,

    #[command(flatten)]
    subject: SubjectArgs,

    #[command(flatten)]
    system: SystemArgs,

    #[command(flatten)]
    user: UserArgs,

    /// Show only the feature with this key. Repeat the option for several features
    #[arg(short, long)]
    key: Vec<String>,

    #[command(flatten)]
    rules: RulesArgs,
}

pub(crate) fn run(args: &EvalArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    args.system.refuse(&args.rules.of_featurehub_alone())?;
    let input = args.edge.input(args.file.as_deref().unwrap_or("-"));
    args.system.refuse(&[input.key()])?;
    match args.system.system {
        System::Featurehub => featurehub(args, json, screen),
        System::Featbit => of_featbit(args, json, screen),
        System::Featuresignals => of_featuresignals(args, json, screen),
    }
}

fn featurehub(args: &EvalArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    args.user.refuse()?;
    let now = args.rules.now();
    if let Some(path) = &args.cases {
        return cases::run(path, args.rules.profile()?, now, screen);
    }
    let path = args.file.as_deref().unwrap_or("-");
    let payload = args.edge.input(path).read()?;
    let rules = args.rules.compile(&payload)?;
    let ruleset = &rules.ruleset;
    let attributes = args.subject.attributes();
    let subject = subject(attributes.as_ref(), now);
    let all: Vec<Reading<'_>> = ruleset
        .iter()
        .map(|feature| Reading::evaluated(feature, &feature.evaluate(&subject)))
        .collect();
    let selection = Selection::of(&all, &args.key);
    let shown = selection.shown.iter().map(|reading| reading.key());
    let guessed: Vec<&str> = shown.filter(|key| rules.is_guess(key, &subject)).collect();
    if !guessed.is_empty() {
        let note = value_ids::note(&payload.name, &guessed.join(", "));
        screen.aside(&format!("note: {note}"))?;
    }
    selection.write(screen, json)?;
    let unread =
        ruleset.diagnostics().filter(|diagnostic| diagnostic.severity() == Severity::Error).count();
    if unread > 0 {
        let parts = sanitize::plural(unread, "part", "parts");
        // The path may be a URL with an API key.
        let path = if path.contains("://") { "FILE" } else { path };
        screen.aside(&format!(
            "warning: {parts} of {} cannot be used; `fh lint {path}` lists them",
            payload.name
        ))?;
    }
    if let Some(attributes) = &attributes {
        attribute_names::note(screen, attributes, ruleset.iter())?;
    }
    selection.end(screen, |key| rules.no_such_feature(key, &payload))
}

fn of_featbit(args: &EvalArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let profile = args.rules.featbit_profile()?;
    if let Some(path) = &args.cases {
        return featbit_cases::run(path, profile, screen);
    }
    let user = featbit::user(&args.user, &args.subject)?;
    let path = args.file.as_deref().unwrap_or("-");
    featbit_eval::run(path, profile, &user, &args.key, json, screen)
}

fn of_featuresignals(
    args: &EvalArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    args.rules.featuresignals_profile()?;
    let now = args.rules.now();
    if let Some(path) = &args.cases {
        return featuresignals_cases::run(path, args.state.as_deref(), now, screen);
    }
    let context = featuresignals::context(&args.user, &args.subject)?;
    let path = args.file.as_deref().unwrap_or("-");
    featuresignals_eval::run(path, &context, now, &args.key, json, screen)
}
