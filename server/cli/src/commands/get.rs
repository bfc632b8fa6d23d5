//! `fh get`: fetches features from an Edge once.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use fh_client::Snapshot;
use fh_files::closest;

use super::flags_get::{self, bare};
use crate::attribute_names;
use crate::edge;
use crate::edge_query::{EdgeQuery, EdgeQueryArgs};
use crate::failure::{Failure, Status};
use crate::feature_table::{Reading, Selection, readings};
use crate::payload::WaitArgs;
use crate::runtime;
use crate::screen::Screen;
use crate::seconds;
use crate::server::Server;
use crate::troubled::Troubled as _;

/// Fetch features from an Edge, or flags from a server of FeatBit or FeatureSignals, once.
///
/// Shows each feature's value for the context as `fh eval` does. For an API key with a `*`, the Edge sends strategies, and
/// `fh` evaluates them. For any other key, the Edge evaluates the features. URL and KEY may be left out if environment
/// variables hold them. If KEY is -, the key is read from stdin.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh get https://edge.example.com ENVIRONMENT/KEY
  export FEATUREHUB_EDGE_URL=https://edge.example.com
  export FEATUREHUB_API_KEY=ENVIRONMENT/KEY
  fh get
  fh get NEW_CHECKOUT BANNER --context userkey=fred --context country=new_zealand
  if [ \"$(fh get NEW_CHECKOUT --value)\" = true ]; then ...
  pass show featurehub | fh get https://edge.example.com - --json
  fh get --system featbit --url wss://flags.example --secret-file secret.txt -c keyId=bob
  fh get --system featuresignals --url https://flags.example --environment production \\
    --secret-file key.txt -c key=bob -c plan=pro

Exit codes: 0 fine, 1 a FEATURE does not exist, 2 the usage is wrong, or the server
cannot be reached, rejects the key or sends no features in time.")]
pub(crate) struct GetArgs {
    #[command(flatten)]
    ask: EdgeQueryArgs,

    /// Write only the feature's value. Exactly one FEATURE must be given. A text is written without quotes, and null as an
    /// empty line. On a terminal, control characters are escaped
    #[arg(long)]
    value: bool,

    /// The time limit for receiving the features. When the time is over, exit with status 2
    #[arg(long, value_name = "SECONDS", value_parser = seconds::positive, default_value = "10")]
    timeout: Duration,

    #[command(flatten)]
    wait: WaitArgs,
}

pub(crate) fn run(args: &GetArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let asked = args.ask.resolve(&[])?;
    if args.value && (asked.features.len() != 1 || json) {
        return Err(Failure::Input(
            "--value needs the key of exactly one feature, and cannot be used with --json"
                .to_string(),
        ));
    }
    let snapshot = runtime::run(fetch(&asked, args.timeout, args.wait.wait))?;
    if let Server::Featbit(_) | Server::Featuresignals(_) = &asked.server {
        return flags_get::run(&snapshot, &asked, args.value, json, screen);
    }
    let all = readings(&snapshot, &asked.who);
    let selection = Selection::of(&all, &asked.features);
    if args.value {
        for reading in &selection.shown {
            bare(screen, snapshot.of(&asked.who).peek(reading.key()).value)?;
        }
    } else {
        selection.write(screen, json)?;
    }
    attribute_names::note(screen, &asked.who, snapshot.ruleset().iter())?;
    selection.end(screen, |key| no_such_feature(key, all.iter().map(Reading::key)))
}

/// Fetches the features once. Fails if the client cannot start, or is not ready within the time limit.
async fn fetch(
    asked: &EdgeQuery,
    limit: Duration,
    wait: Option<Duration>,
) -> Result<Snapshot, Failure> {
    let builder = match &asked.server {
        Server::Edge(edge) => edge.client().once().initial_context(Arc::clone(&asked.who)),
        Server::Featuresignals(server) => {
            server.client().once().initial_context(Arc::clone(&asked.who))
        }
        // A poll does not show whether the secret is valid.
        Server::Featbit(server) => server.client(),
    };
    let client = builder.start().map_err(edge::unstarted)?;
    asked.server.ready(&client, limit, wait).await?;
    Ok(client.snapshot())
}

fn no_such_feature<'a>(key: &str, keys: impl Iterator<Item = &'a str>) -> String {
    match closest(key, keys) {
        Some(meant) => format!("the Edge has no feature {key}; did you mean {meant}?"),
        None => {
            format!("the Edge has no feature {key}; `fh get` without FEATURE shows all features")
        }
    }
}
