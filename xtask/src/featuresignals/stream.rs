//! The event stream of the server: an answer 500 as shipped, and events with the method `Flush`.

use std::io::BufRead;
use std::time::Instant;

use super::build::StreamSupport;
use super::http::{self, OpenAnswer};
use super::live_server::LiveServer;
use crate::output::say;

/// A write of one state that changes nothing. The server sends an event for each write.
const WRITE: &str =
    "UPDATE flag_states SET enabled = enabled WHERE id = (SELECT id FROM flag_states LIMIT 1)";

/// Opens the stream of the environment, and prints what the server sends.
///
/// # Errors
/// The server does not send what it is known to send.
pub(super) fn check(server: &LiveServer, stream: StreamSupport) -> Result<(), String> {
    let path = format!("/v1/stream/{}", server.environment);
    let headers = format!("X-API-Key: {}\r\nAccept: text/event-stream\r\n", server.api_key());
    let OpenAnswer { status, mut body } = http::open(server.address(), "GET", &path, &headers, "")?;
    say!("\nGET {path}: {status}");
    let expected = match stream {
        StreamSupport::AsShipped => 500,
        StreamSupport::WithFlush => 200,
    };
    if status != expected {
        return Err(format!("the event stream answers {status}, not {expected}"));
    }
    if stream == StreamSupport::WithFlush {
        expect("connected", &mut body)?;
        server.sql(WRITE)?;
        let written = Instant::now();
        expect("flag-update", &mut body)?;
        say!("    {} ms after the write of a state", written.elapsed().as_millis());
    }
    Ok(())
}

/// Reads and prints the next event, which must have this name.
fn expect(name: &str, body: &mut impl BufRead) -> Result<(), String> {
    let event = next_event(body).map_err(|why| format!("no event `{name}`: {why}"))?;
    say!("    {}", event.join("\n    "));
    match event.contains(&format!("event: {name}")) {
        true => Ok(()),
        false => Err(format!("the event stream sent {event:?}, not the event `{name}`")),
    }
}

/// Reads the lines of the next event.
fn next_event(body: &mut impl BufRead) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if body.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end() {
            "" => return Ok(lines),
            line => lines.push(line.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_end_with_an_empty_line() {
        let mut body = "event: connected\ndata: {}\n\nevent: cut".as_bytes();
        assert!(expect("connected", &mut body).is_ok());
        assert!(next_event(&mut body).is_err());
        assert!(expect("flag-update", &mut "event: connected\n\n".as_bytes()).is_err());
    }
}
