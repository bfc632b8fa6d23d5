//! `fh get`: fetches features from an Edge once.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use fh_client::Snapshot;
use fh_eval::Value;

use crate::edge;
use crate::edge_query::{EdgeQuery, EdgeQueryArgs};
use crate::failure::{Failure, Status};
use crate::feature_table::Selection;
use crate::payload::WaitArgs;
use crate::runtime;
use crate::sanitize::visible;
use crate::screen::Screen;
use crate::seconds;
use crate::server::ready;

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
    let (system, flags) = (asked.system, snapshot.ruleset());
    let all = system.readings(&snapshot, &asked.who);
    let selection = Selection::of(system.names(), &all, &asked.features);
    if args.value {
        for reading in &selection.shown {
            bare(screen, snapshot.of(&asked.who).peek(&reading.key).value)?;
        }
    } else {
        selection.write(screen, json, &format!("no {}s", system.names().flag))?;
        system.warn_of_unread(flags, screen)?;
    }
    system.note_attributes(&asked.who, Some(flags), screen)?;
    selection.end(screen, |key| system.no_such_flag(flags, key))
}

/// Fetches the features once. Fails if the client cannot start, or is not ready within the time limit.
async fn fetch(
    asked: &EdgeQuery,
    limit: Duration,
    wait: Option<Duration>,
) -> Result<Snapshot, Failure> {
    let builder = asked.server.client_for_once().initial_context(Arc::clone(&asked.who));
    let client = builder.start().map_err(edge::unstarted)?;
    ready(&*asked.server, &client, limit, wait).await?;
    Ok(client.snapshot())
}

/// Writes a value alone; nothing but the end of the line if there is none.
fn bare(screen: &mut Screen<'_>, value: Option<Value>) -> Result<(), Failure> {
    let text = value.map(|value| value.to_string()).unwrap_or_default();
    // Control characters are escaped on a terminal, but not in output to a program.
    let text = if std::io::stdout().is_terminal() { visible(&text) } else { text.as_str().into() };
    Ok(writeln!(screen.raw(), "{text}")?)
}
