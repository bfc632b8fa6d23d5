//! `fh eval`: evaluates the features of a payload for a context.

use clap::Args;

use crate::failure::{Failure, Status};
use crate::payload::InputEdgeArgs;
use crate::ruleset::{RulesArgs, SubjectArgs};
use crate::screen::Screen;
use crate::system::{SystemArgs, UserArgs};
use crate::systems::{self, flag_system::Given};

/// Evaluate every feature of a payload for a context, or evaluate a file of cases.
///
/// Shows each feature's value, its reason, and the strategy that decided. The reasons are STRATEGY_MATCH (a strategy without
/// a percentage, or with the percentage 0, matched), SPLIT (a strategy with a percentage matched), DEFAULT (no strategy
/// matched), STATIC (the feature has no strategies) and NOT_SET (the value is null). Under profile edge, percentages hash the
/// id of the feature's value, which a state file or --value-ids gives. A payload does not hold this id. A note then names the
/// features whose value may differ from that of an Edge.
#[derive(Args)]
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
    let EvalArgs { user, subject, rules, .. } = args;
    let input = args.edge.input(args.file.as_deref().unwrap_or("-"));
    args.system.refuse(&rules.of_featurehub_alone())?;
    args.system.refuse(&[input.key()])?;
    let system = systems::of(args.system.system);
    match &args.cases {
        Some(path) => system.cases(path, args.state.as_deref(), rules, screen),
        None => {
            let open = system.open(&Given { input, user, subject, rules })?;
            open.evaluate(&args.key, json, screen)
        }
    }
}
