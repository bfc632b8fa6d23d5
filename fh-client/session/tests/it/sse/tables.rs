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

/// The parts of small streams. All combinations of up to three are written, and digests of those of four.
const TOKENS: [&str; 12] =
    ["data", "event", "id", "retry", "comment", ":", ": ", "5", "\r", "\n", "\u{FEFF}", "\0"];

/// The limit of small streams in bytes.
const SMALL_LIMIT: usize = 1_000;

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
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/fuzz/seeds/sse");
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
            rows.push(row("small", small(stream).as_bytes(), SMALL_LIMIT));
        }
    }
    check::check("small-streams", &rows);
}

/// Returns the stream with these parts, between an id and another event.
fn small(parts: &str) -> String {
    format!("id:0\n{parts}\n\ndata:x\n\n")
}

/// Writes a digest for each pair of first parts, of what the decoder gives for all streams of four parts that begin with this pair.
#[test]
fn streams_of_four_parts() {
    let pairs = || TOKENS.into_iter().flat_map(|first| TOKENS.map(|second| (first, second)));
    let rows = pairs().map(|(first, second)| {
        let mut digest = hmac_sha256::Hash::new();
        for (third, fourth) in pairs() {
            let stream = small(&format!("{first}{second}{third}{fourth}"));
            let found = row("small", stream.as_bytes(), SMALL_LIMIT);
            let members = ["events", "retry", "lines", "unfinished", "isTooLarge"];
            let result = Value::from(members.map(|name| found[name].clone()).to_vec());
            digest.update(format!("{result}\n"));
        }
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"first": first, "second": second, "parts": TOKENS, "limit": SMALL_LIMIT, "digest": digest})
    });
    check::check("streams-of-four-parts", &rows.collect::<Vec<_>>());
}
