//! The addresses of a server on stdout.

use std::io::Write as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::server::Addresses;
use super::standard_streams;
use crate::failure::Failure;
use crate::sanitize::visible;

/// The longest time for which the start waits for the reader of stdout.
const PATIENCE: Duration = Duration::from_secs(1);

/// Writes the addresses. If stdout is not read in time, the server starts all the same, and another thread goes on writing.
pub(crate) fn write(addresses: &Addresses, json: bool) -> Result<(), Failure> {
    let text = if json { json_line(addresses) } else { lines(addresses) };
    let mut stdout = standard_streams::stdout()?;
    let (sender, written) = mpsc::channel();
    // The receiver is gone if stdout was not read in time.
    let write = move || drop(sender.send(stdout.write_all(text.as_bytes())));
    thread::Builder::new().name("fh-stdout".to_string()).spawn(write)?;
    match written.recv_timeout(PATIENCE) {
        Ok(written) => Ok(written?),
        Err(_) => {
            tracing::warn!("stdout is not read, so the addresses of the server are not shown yet");
            Ok(())
        }
    }
}

fn json_line(Addresses { api, monitor, console }: &Addresses) -> String {
    let line = serde_json::json!({
        "event": "listening", "url": api, "monitor": monitor, "console": console,
    });
    format!("{line}\n")
}

fn lines(Addresses { api, monitor, console }: &Addresses) -> String {
    let addresses = [
        ("listening", Some(api)),
        ("health and metrics", monitor.as_ref()),
        ("console", console.as_ref()),
    ];
    let lines = addresses.into_iter().filter_map(|(name, url)| Some((name, visible(url?))));
    lines.map(|(name, url)| format!("{name} on {url}\n")).collect()
}
