//! `fh get`: what an Edge says now.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use fh_client::{Client, NotReady};
use fh_eval::Attributes;
use fh_session::Snapshot;

use crate::commands::eval::Row;
use crate::context::ContextArgs;
use crate::edge::{self, Edge, EdgeArgs};
use crate::failure::{Failure, Status};
use crate::jsonout;
use crate::nearest::nearest;
use crate::reading::{Reading, readings};
use crate::runtime;
use crate::screen::{QUIET, Screen};
use crate::seconds;
use crate::shown::visible;

/// Fetch features from an Edge, once.
///
/// Shows each feature's value for the context as `fh eval` does. A key with a `*` sends strategies, which are evaluated here;
/// with any other key the Edge evaluates. URL and KEY may be left out if they are in the environment; a KEY of `-` is read
/// from stdin.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh get https://edge.example.com ENVIRONMENT/KEY
  export FEATUREHUB_EDGE_URL=https://edge.example.com
  export FEATUREHUB_API_KEY=ENVIRONMENT/KEY
  fh get
  fh get NEW_CHECKOUT BANNER --context userkey=fred --context country=new_zealand
  if [ \"$(fh get NEW_CHECKOUT --value)\" = true ]; then ...
  pass show featurehub | fh get https://edge.example.com - --json

Exit codes: 0 fine, 1 a FEATURE is not there, 2 the Edge cannot be asked.")]
pub(crate) struct GetArgs {
    #[command(flatten)]
    edge: EdgeArgs,

    /// Only these features; all of them unless given
    #[arg(value_name = "FEATURE")]
    features: Vec<String>,

    #[command(flatten)]
    context: ContextArgs,

    /// Write the bare value of one feature: text without quotes, an empty line for null
    #[arg(long)]
    value: bool,

    /// Give up after this time
    #[arg(long, value_name = "SECONDS", value_parser = seconds::positive, default_value = "10")]
    timeout: Duration,
}

pub(crate) fn run(args: &GetArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let (edge, rest) = args.edge.resolve(&args.features)?;
    let wanted = edge::features(rest)?;
    if args.value && (wanted.len() != 1 || json) {
        return Err(Failure::Input(
            "--value writes the bare value of one feature: name one, without --json".to_string(),
        ));
    }
    let who = Arc::new(args.context.attributes());
    let fetched = Arc::clone(&who);
    let snapshot = runtime::run(fetch(&edge, fetched, args.timeout))?;
    let all = readings(&snapshot, &who);
    let missing: Vec<&String> =
        wanted.iter().filter(|key| !all.iter().any(|reading| reading.key() == **key)).collect();
    let shown: Vec<&Reading<'_>> = match wanted.as_slice() {
        [] => all.iter().collect(),
        wanted => wanted
            .iter()
            .filter_map(|key| all.iter().find(|reading| reading.key() == *key))
            .collect(),
    };
    if args.value {
        for reading in &shown {
            bare(screen, reading)?;
        }
    } else if json {
        jsonout::rows(screen.raw(), shown.iter().map(|reading| Row::read(reading)))?;
    } else if !shown.is_empty() {
        crate::reading::table(shown.iter().copied()).write(screen, 0)?;
    } else if missing.is_empty() {
        screen.line(QUIET, "no features")?;
    }
    let Some((last, others)) = missing.split_last() else { return Ok(Status::Fine) };
    let keys = || all.iter().map(Reading::key);
    for other in others {
        screen.aside(&format!("error: {}", no_such_feature(other, keys())))?;
    }
    Err(Failure::NotFound(no_such_feature(last, keys())))
}

/// The features as they are now.
async fn fetch(
    edge: &Edge,
    who: Arc<Attributes>,
    limit: Duration,
) -> Result<Arc<Snapshot>, Failure> {
    let client = edge.client().one_off().initial_context(who).start().map_err(edge::unstarted)?;
    let ready = tokio::time::timeout(limit, client.ready()).await;
    let snapshot = client.hub().snapshot();
    let failure = match ready {
        Ok(Ok(())) => return Ok(snapshot),
        Ok(Err(why)) => not_ready(&why),
        Err(_) => timed_out(&client, limit),
    };
    Err(Failure::Edge(failure))
}

/// Why there are no features, and what to do about it.
fn not_ready(why: &NotReady) -> String {
    match why {
        NotReady::Failed(problem) => edge::trouble(problem),
        why => why.to_string(),
    }
}

fn timed_out(client: &Client, limit: Duration) -> String {
    let seconds = limit.as_secs_f64();
    match client.status().problem {
        Some(problem) => format!("no features within {seconds} s: {}", edge::trouble(&problem)),
        None => format!("no features within {seconds} s: the Edge has not answered"),
    }
}

fn bare(screen: &mut Screen<'_>, reading: &Reading<'_>) -> Result<(), Failure> {
    let text = reading.detail.value.as_ref().map(ToString::to_string).unwrap_or_default();
    // What programs read stays as it is; a terminal is not to be commanded by it.
    let text = if std::io::stdout().is_terminal() { visible(&text) } else { text.as_str().into() };
    Ok(writeln!(screen.raw(), "{text}")?)
}

fn no_such_feature<'a>(key: &str, keys: impl Iterator<Item = &'a str>) -> String {
    match nearest(key, keys) {
        Some(meant) => format!("the Edge has no feature {key}; did you mean {meant}?"),
        None => format!("the Edge has no feature {key}; `fh get` without it lists what there is"),
    }
}
