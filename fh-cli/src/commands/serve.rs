//! `fh serve`: an Edge.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use fh_edge::state::State;
use fh_edge::{Edge, Options};
use tokio::net::TcpListener;

use crate::failure::{Failure, Status};
use crate::runtime;
use crate::screen::{PLAIN, Screen};
use crate::stop::Stop;

/// The port of a real Edge.
const PORT: u16 = 8903;
/// How long open streams may last once the server is to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serve features to FeatureHub's SDKs.
///
/// Reads features, environments and API keys from a file and answers as an Edge does: GET, streams, and the PUT of tests.
/// Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh serve --state state.json
  fh serve --state state.json --port 0

Exit codes: 0 ended by Ctrl-C or a signal; 2 the file is wrong or the port is taken.")]
pub(crate) struct ServeArgs {
    /// What to serve
    #[arg(long, value_name = "FILE")]
    state: String,

    /// Where to listen; 0 for any free port
    #[arg(long, default_value_t = PORT)]
    port: u16,
}

pub(crate) fn run(args: &ServeArgs, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let state = read(&args.state)?;
    runtime::run_on_all_cores(serve(args, state, screen))
}

fn read(path: &str) -> Result<State, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Input(format!("cannot read {path}: {error}")))?;
    serde_json::from_str(&text).map_err(|error| Failure::Input(format!("{path}: {error}")))
}

async fn serve(args: &ServeArgs, state: State, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let mut stop = Stop::new()?;
    let edge = Edge::builder().state(state).options(Options::default()).build();
    let edge = edge.map_err(|error| Failure::Input(error.to_string()))?;
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), args.port);
    let cannot = |error| Failure::Input(format!("cannot listen on port {}: {error}", args.port));
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let port = listener.local_addr().map_err(cannot)?.port();
    screen.line(PLAIN, &format!("listening on http://127.0.0.1:{port}"))?;
    screen.flush()?;
    let handle = edge.handle();
    let asked = async move {
        stop.asked().await;
        handle.say_bye(GRACE).await;
    };
    axum::serve(listener, edge.router()).with_graceful_shutdown(asked).await.map_err(cannot)?;
    Ok(Status::Fine)
}
