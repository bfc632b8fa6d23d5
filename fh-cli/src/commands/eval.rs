//! `fh eval`: what somebody gets.

use clap::Args;
use fh_eval::featurehub::Compiler;
use fh_eval::{Attributes, Evaluation, FeatureRef, Ruleset, Severity, Subject, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::ProfileArgs;
use crate::clock::ClockArgs;
use crate::commands::cases;
use crate::context::ContextArgs;
use crate::failure::{Failure, Status};
use crate::jsonout;
use crate::payload::{EnvironmentArgs, Payload, no_such_feature};
use crate::reading::Reading;
use crate::screen::{GOOD, PLAIN, QUIET, Screen, WARNING};
use crate::shown;
use crate::table::{Align, Table};

/// Evaluate every feature for somebody, or a file of cases.
///
/// Shows each feature's value, why it has it (STRATEGY_MATCH, SPLIT: a strategy with a percentage, DEFAULT: no strategy
/// matched, STATIC: there is none), and the strategy that decided. Percentages hash the id of the feature, under profile edge,
/// too: the id that FeatureHub's Edge hashes is in no payload.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh eval features.json --context userkey=fred --context country=new_zealand
  fh eval features.json -c userkey=fred -c plan=gold,beta --key NEW_CHECKOUT
  curl -s \"$EDGE_URL/features?apiKey=$API_KEY\" | fh eval - --json
  fh eval features.json --now 2026-11-27T00:00:00Z
  fh eval --cases cases.json --profile edge

A case is {\"id\": 1, \"feature\": {...}, \"context\": {\"userkey\": \"fred\"}}.
--cases takes a JSON array of them and answers one in the same order, of
{\"id\", \"matched\", \"strategyId\", \"value\", \"reason\"}, or of {\"id\", \"error\"}
for a case that cannot be read. Values in a context may be lists; a context of
null evaluates without any.

Exit codes: 0 fine, 1 a --key is not there, 2 the input cannot be read.")]
pub(crate) struct EvalArgs {
    /// What FeatureHub sent, or - for stdin
    #[arg(required_unless_present = "cases")]
    file: Option<String>,

    /// Evaluate a JSON array of cases instead; from stdin if FILE is - or left out
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        default_missing_value = "-",
        conflicts_with_all = ["file", "key", "context", "no_context", "environment"]
    )]
    cases: Option<String>,

    #[command(flatten)]
    context: ContextArgs,

    /// Evaluate without any context: no strategy is looked at
    #[arg(long, conflicts_with = "context")]
    no_context: bool,

    /// Only this feature; may be given several times
    #[arg(short, long)]
    key: Vec<String>,

    #[command(flatten)]
    environment: EnvironmentArgs,

    #[command(flatten)]
    profile: ProfileArgs,

    #[command(flatten)]
    clock: ClockArgs,
}

/// One feature's answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row<'a> {
    feature: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    locked: bool,
    matched: bool,
    strategy_id: Option<&'a str>,
    value: Option<Box<RawValue>>,
    reason: &'static str,
}

impl<'a> Row<'a> {
    /// Of an evaluated feature.
    pub(crate) fn of(feature: &FeatureRef<'a>, evaluation: &Evaluation<'a>) -> Self {
        Self {
            feature: feature.key(),
            kind: feature.kind().map(fh_eval::Kind::as_str),
            locked: feature.is_locked(),
            matched: evaluation.is_match(),
            strategy_id: evaluation.strategy_id(),
            value: jsonout::token(feature.value_token(evaluation)),
            reason: evaluation.reason().as_str(),
        }
    }

    /// Of a feature that an Edge has sent.
    pub(crate) fn read(reading: &'a Reading<'a>) -> Self {
        Self {
            feature: reading.key(),
            kind: reading.feature.kind().map(fh_eval::Kind::as_str),
            locked: reading.detail.is_locked,
            matched: reading.is_match(),
            strategy_id: reading.detail.strategy_id.as_deref(),
            value: jsonout::token(reading.token),
            reason: reading.detail.reason.as_str(),
        }
    }
}

/// A subject with a context, or without one.
pub(crate) fn subject(attributes: Option<&Attributes>, now: Timestamp) -> Subject<'_, Timestamp> {
    attributes.map_or_else(|| Subject::nobody(now), |attributes| Subject::new(attributes, now))
}

pub(crate) fn run(args: &EvalArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let (profile, now) = (args.profile.profile, args.clock.now());
    if let Some(path) = &args.cases {
        return cases::run(path, profile, now, screen);
    }
    let path = args.file.as_deref().unwrap_or("-");
    let payload = Payload::read(path)?;
    let environment =
        payload.environment(args.environment.environment.as_deref(), "--environment")?;
    let ruleset = Compiler::new(profile).compile(&environment);
    let attributes = (!args.no_context).then(|| args.context.attributes());
    let subject = subject(attributes.as_ref(), now);
    let (features, missing) = chosen(&ruleset, &args.key);
    if json {
        let rows = features.iter().map(|feature| Row::of(feature, &feature.evaluate(&subject)));
        jsonout::rows(screen.raw(), rows)?;
    } else if !features.is_empty() {
        table(&features, &subject).write(screen, 0)?;
    } else if missing.is_empty() {
        screen.line(QUIET, "no features")?;
    }
    let unread =
        ruleset.diagnostics().filter(|diagnostic| diagnostic.severity() == Severity::Error).count();
    if unread > 0 {
        let parts = shown::plural(unread, "part", "parts");
        screen.aside(&format!(
            "warning: {parts} of {} could not be read; `fh lint {path}` says which",
            payload.name
        ))?;
    }
    match missing.split_last() {
        None => Ok(Status::Fine),
        Some((last, others)) => {
            let text = |key: &&String| {
                no_such_feature(&payload.name, key, ruleset.iter().map(|feature| feature.key()))
            };
            for other in others {
                screen.aside(&format!("error: {}", text(other)))?;
            }
            Err(Failure::NotFound(text(last)))
        }
    }
}

/// The features with these keys, all if there are none; and the keys that no feature has.
fn chosen<'a, 'k>(
    ruleset: &'a Ruleset,
    keys: &'k [String],
) -> (Vec<FeatureRef<'a>>, Vec<&'k String>) {
    if keys.is_empty() {
        return (ruleset.iter().collect(), Vec::new());
    }
    let missing = keys.iter().filter(|key| ruleset.get(key).is_none());
    let found = keys.iter().filter_map(|key| ruleset.get(key));
    (found.collect(), missing.collect())
}

fn table<'a>(features: &[FeatureRef<'a>], subject: &Subject<'a, Timestamp>) -> Table {
    let mut table = Table::new([
        ("FEATURE", Align::Left),
        ("WHY", Align::Left),
        ("STRATEGY", Align::Left),
        ("VALUE", Align::Left),
    ]);
    for feature in features {
        let evaluation = feature.evaluate(subject);
        let style = if evaluation.is_match() { GOOD } else { PLAIN };
        let strategy = match (evaluation.strategy_id(), evaluation.strategy_position()) {
            (Some(id), _) => id.to_string(),
            (None, Some(position)) => format!("#{}", position + 1),
            (None, None) => String::new(),
        };
        let value = shown::value(feature.kind(), feature.value_token(&evaluation));
        let unset = feature.value_token(&evaluation).is_none();
        table.row([
            (feature.key().to_string(), PLAIN),
            (evaluation.reason().to_string(), QUIET),
            (strategy, PLAIN),
            (value, if unset { WARNING } else { style }),
        ]);
    }
    table
}
