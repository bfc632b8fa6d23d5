//! The answers of commands that show something.

use std::time::Instant;

use serde_json::{Map, Value, json};

use crate::environment::Environment;
use crate::record::{Record, UpgradeOutcome};

pub(super) fn environment(environment: &Environment) -> Value {
    json!({
        "id": environment.id(),
        "serverSecret": environment.server_secret(),
        "clientSecret": environment.client_secret(),
    })
}

/// Returns the number of things that the server has seen.
pub(super) fn counts(record: &Record) -> Map<String, Value> {
    let counts = [
        ("connections", record.connections.len()),
        ("requests", record.requests.len()),
        ("upgrades", record.upgrades.len()),
        ("socketsOpened", record.sockets_opened),
        ("openSockets", record.open_sockets),
        ("messages", record.messages.len()),
        ("insights", record.insights.len()),
        ("closes", record.closes.len()),
        ("pongs", record.pongs),
    ];
    counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect()
}

/// Returns everything that the server has seen. Times are milliseconds since the start.
pub(super) fn record(record: &Record, started: Instant) -> Map<String, Value> {
    let since = |at: Instant| at.saturating_duration_since(started).as_millis() as u64;
    let connections = record.connections.iter().map(|at| since(*at).into()).collect();
    let requests = record.requests.iter().map(|request| {
        json!({
            "atMs": since(request.at), "method": request.method, "target": request.target,
            "headers": request.headers, "body": request.body, "status": request.status,
        })
    });
    let upgrades = record.upgrades.iter().map(|upgrade| {
        json!({
            "atMs": since(upgrade.at), "target": upgrade.target, "headers": upgrade.headers,
            "outcome": outcome(upgrade.outcome),
        })
    });
    let messages = record.messages.iter().map(
        |message| json!({"atMs": since(message.at), "socket": message.socket, "text": message.text}),
    );
    let closes = record.closes.iter().map(|close| {
        json!({
            "atMs": since(close.at), "socket": close.socket, "code": close.code,
            "reason": close.reason,
        })
    });
    let insights = record.insights.iter().map(|insight| {
        json!({
            "atMs": since(insight.at), "headers": insight.headers, "body": insight.body,
            "status": insight.status,
        })
    });
    let mut members = counts(record);
    for (name, list) in [
        ("connections", connections),
        ("requests", requests.collect()),
        ("upgrades", upgrades.collect()),
        ("messages", messages.collect()),
        ("closes", closes.collect()),
        ("insights", insights.collect()),
    ] {
        members.insert(name.to_owned(), Value::Array(list));
    }
    members
}

fn outcome(outcome: UpgradeOutcome) -> Value {
    match outcome {
        UpgradeOutcome::Opened => "opened".into(),
        UpgradeOutcome::Refused(code) => json!({"refused": code}),
        UpgradeOutcome::Status(status) => json!({"status": status}),
        UpgradeOutcome::Reset => "reset".into(),
        UpgradeOutcome::Unanswered => "unanswered".into(),
    }
}
