//! The answers of commands that show something.

use std::time::Instant;

use serde_json::{Map, Value, json};

use crate::environment::Environment;
use crate::record::{Record, StreamEnd};

pub(super) fn environment(environment: &Environment) -> Value {
    json!({
        "slug": environment.slug(),
        "id": environment.id(),
        "serverKey": environment.server_key(),
        "clientKey": environment.client_key(),
    })
}

/// Returns the number of things that the server has seen.
pub(super) fn counts(record: &Record) -> Map<String, Value> {
    let counts = [
        ("connections", record.connections.len()),
        ("requests", record.requests.len()),
        ("answered", record.answered()),
        ("streams", record.streams.len()),
        ("openStreams", record.open_streams()),
        ("events", record.events()),
    ];
    counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect()
}

/// Returns everything that the server has seen. Times are milliseconds since the start.
pub(super) fn record(record: &Record, started: Instant) -> Map<String, Value> {
    let since = |at: Instant| at.saturating_duration_since(started).as_millis() as u64;
    let connections = record.connections.iter().map(|at| since(*at).into()).collect();
    let requests = record.requests.iter().map(|request| {
        json!({
            "connection": request.connection, "atMs": since(request.at), "method": request.method,
            "target": request.target, "headers": request.headers, "body": request.body,
            "status": request.status, "answeredAtMs": request.answered_at.map(since),
        })
    });
    let streams = record.streams.iter().map(|stream| {
        json!({
            "request": stream.request, "openedAtMs": since(stream.opened_at), "events": stream.events,
            "endedAtMs": stream.ended.map(|(at, _)| since(at)),
            "endedBy": stream.ended.map(|(_, end)| ended_by(end)),
        })
    });
    Map::from_iter([
        ("connections".to_owned(), Value::Array(connections)),
        ("requests".to_owned(), requests.collect()),
        ("streams".to_owned(), streams.collect()),
    ])
}

fn ended_by(end: StreamEnd) -> &'static str {
    match end {
        StreamEnd::Client => "client",
        StreamEnd::Server => "server",
    }
}
