//! One SDK while its server, or a proxy on the way to it, does nothing for a minute and ends no connection.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use fh_test_servers::featbit::sample;
use serde_json::Value;

use super::measurement::{Measured, attempts};
use super::relay::Relay;
use crate::arguments::Sdk;
use crate::program::{Program, Target};
use crate::server_process::ServerProcess;
use crate::synchronisation::read_text;

/// The time that a stall lasts.
const LASTS: Duration = Duration::from_secs(60);
/// The time after a stall within which a client must have the newest value.
const PATIENCE: Duration = Duration::from_secs(60);

/// The part that does nothing.
#[derive(Clone, Copy)]
pub(super) enum Stalled {
    /// The process of the server, by SIGSTOP.
    Server,
    /// A proxy. The connections that it has had until the end of the stall stay silent.
    Proxy,
}

pub(super) const STALLS: [(&str, Stalled); 2] = [
    ("the server stopped for 60 s", Stalled::Server),
    ("a proxy forwards nothing for 60 s", Stalled::Proxy),
];

pub(super) fn measure(sdk: &Sdk, server: &Path, stalled: Stalled) -> Result<Measured, String> {
    let mut server = ServerProcess::start(server)?;
    let Target { secret, streaming_url, .. } = server.target();
    let address = streaming_url.strip_prefix("ws://").unwrap_or(&streaming_url);
    let address: SocketAddr = address.parse().map_err(|_| format!("no address: {address}"))?;
    let relay = Relay::start(address).map_err(|why| why.to_string())?;
    let (streaming_url, http_url) =
        (format!("ws://{}", relay.address()), format!("http://{}", relay.address()));

    server.send_flag(&sample::string_flag("colour", "red"))?;
    server.executed()?;
    let mut program = Program::start(sdk)?;
    let colour = read_text("colour");
    let is_ready = program.connect_to(Target { secret, streaming_url, http_url })?;
    if !is_ready || !program.wait(&colour, "red", PATIENCE)? {
        return Err("it is not ready before the stall".to_string());
    }

    let begin = Instant::now();
    match stalled {
        Stalled::Server => server.stop()?,
        Stalled::Proxy => relay.stall(),
    }
    thread::sleep(LASTS / 2);
    server.send_flag(&sample::string_flag("colour", "blue"))?;
    thread::sleep(LASTS / 2);
    // From here on, an error of the adapter means that the SDK has ended the process.
    let value = program.read(vec![colour.clone()]).ok().and_then(|mut values| values.pop());
    let has_kept_values = value.as_ref().and_then(Value::as_str) == Some("red");
    let notices = program.notices().unwrap_or_else(|why| vec![why]);

    let end = Instant::now();
    match stalled {
        Stalled::Server => server.go_on()?,
        Stalled::Proxy => relay.go_on(),
    }
    server.executed()?;
    let is_back = program.wait(&colour, "blue", PATIENCE).unwrap_or_default();
    let back = is_back.then(|| end.elapsed().as_secs_f64());
    let attempts = attempts(relay.accepted().into_iter(), begin);
    Ok(Measured { has_kept_values, back, attempts, notices })
}
