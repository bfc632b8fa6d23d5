//! Tables of streams and their events, which the tests in TypeScript read (`bindings/web/equality/README.md`).
#![allow(clippy::disallowed_methods, reason = "reads the seeds of the fuzz target")]

#[path = "../../../src/tables/check.rs"]
mod check;

use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fh_session::internal::sse::Limits;
use serde_json::{Value, json};

use super::hear;
use super::table::CASES;

/// The parts of small streams, of which all combinations of up to three are written.
const TOKENS: [&str; 12] =
    ["data", "event", "id", "retry", "comment", ":", ": ", "5", "\r", "\n", "\u{FEFF}", "\0"];

/// Decodes a stream with a limit in bytes.
fn row(name: &str, stream: &[u8], limit: usize) -> Value {
    let heard = hear([stream], Limits { event: limit });
    let events: Vec<_> =
        heard.events.iter().map(|event| (&event.name, &event.data, event.id.as_deref())).collect();
    json!({
        "name": name, "stream": BASE64_STANDARD.encode(stream), "limit": limit, "events": events,
        "retry": heard.retry.map(retry), "lines": heard.lines, "unfinished": heard.unfinished, "isTooLarge": heard.end.is_err(),
    })
}

/// Returns whole milliseconds, at most 2^53 - 1, because larger ones cannot be told apart in JavaScript.
fn retry(retry: Duration) -> u64 {
    u64::try_from(retry.as_millis()).unwrap_or(u64::MAX).min(9_007_199_254_740_991)
}

#[test]
fn streams() {
    const LIMITS: [usize; 4] = [16 * 1024 * 1024, 64, 12, 3];
    let mut streams: Vec<(String, Vec<u8>)> =
        CASES.iter().map(|case| (case.what.to_string(), case.stream.to_vec())).collect();
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/sse");
    let mut of_fuzzer: Vec<(String, Vec<u8>)> = fs::read_dir(seeds)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|it| (format!("seed {}", it.file_name().display()), fs::read(it.path()).unwrap()))
        .collect();
    of_fuzzer.sort();
    streams.extend(of_fuzzer);
    let rows =
        streams.iter().flat_map(|(name, stream)| LIMITS.map(|limit| row(name, stream, limit)));
    check::check("streams", &rows.collect::<Vec<_>>());
}

#[test]
fn small_streams() {
    let mut streams = vec![String::new()];
    let mut rows = Vec::new();
    for _ in 0..3 {
        streams = streams
            .iter()
            .flat_map(|stream| TOKENS.map(|token| format!("{stream}{token}")))
            .collect();
        for stream in &streams {
            let stream = format!("id:0\n{stream}\n\ndata:x\n\n");
            rows.push(row("small", stream.as_bytes(), 1_000));
        }
    }
    check::check("small-streams", &rows);
}
