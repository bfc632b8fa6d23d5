//! Settings with which a client does or does not start, with the text of the error.

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_session::{ApiKeys, Backoff, Config, EdgeUrl};
use serde_json::{Map, Value, json};

use super::check;
use crate::builder::ClientBuilder;
use crate::client::Client;

const KEY: &str = "environment/server-evaluated";

/// Returns a builder with the settings of a row. The names are those of TypeScript's options; durations are seconds.
fn builder(url: &str, keys: &[&str], options: &Value) -> ClientBuilder {
    let (first, others) = keys.split_first().unwrap_or((&"", &[]));
    let mut builder = Client::builder(url, *first).api_keys(others.iter().copied());
    for (name, value) in options.as_object().into_iter().flatten() {
        builder = match name.as_str() {
            "mode" if value == "streaming" => builder.streaming(),
            "mode" if value == "offline" => builder.offline(),
            "mode" if value == "polling" => builder.polling(seconds(&options["interval"])),
            "mode" => builder.once(),
            "interval" => builder,
            "headers" => entries(value).fold(builder, |builder, (name, value)| {
                builder.header(name, value.as_str().unwrap())
            }),
            "identification" => builder.identification(value.as_str().unwrap()),
            "returnWithin" => builder.return_within(seconds(&value[0])..=seconds(&value[1])),
            "backoff" => builder.backoff(backoff(value, usual().backoff)),
            "backoffWhenRefused" => builder.backoff_when_refused(backoff(value, usual().refused)),
            "context" => {
                let mut attributes = Attributes::builder();
                for (name, value) in entries(value) {
                    attributes = attributes.attribute(name, value.as_str().unwrap());
                }
                builder.initial_context(Arc::new(attributes.build()))
            }
            _ => {
                let limits = value.clone();
                builder.configure(move |config| {
                    let limit = |name: &str| limits.get(name).map(seconds);
                    config.limits.head = limit("head").unwrap_or(config.limits.head);
                    config.limits.poll = limit("poll").unwrap_or(config.limits.poll);
                    config.limits.idle = limit("idle").unwrap_or(config.limits.idle);
                    config.limits.held_back = limit("heldBack").unwrap_or(config.limits.held_back);
                    if let Some(bytes) = limits.get("bytes").and_then(Value::as_u64) {
                        config.limits.bytes = usize::try_from(bytes).unwrap();
                    }
                })
            }
        };
    }
    builder
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().unwrap())
}

/// The default settings of a session.
fn usual() -> Config {
    Config::new(EdgeUrl::parse("https://edge.example").unwrap(), ApiKeys::parse([KEY]).unwrap())
}

fn backoff(value: &Value, mut backoff: Backoff) -> Backoff {
    if let Some(initial) = value.get("initial") {
        backoff.initial = seconds(initial);
    }
    if let Some(cap) = value.get("cap") {
        backoff.cap = seconds(cap);
    }
    if let Some(jitter) = value.get("jitter").and_then(Value::as_f64) {
        backoff.jitter = jitter;
    }
    backoff
}

#[test]
fn start_errors() {
    let edge = "https://edge.example";
    let attributes = |count: usize| -> Value {
        (0..count).map(|at| (format!("a{at}"), json!("x"))).collect::<Map<_, _>>().into()
    };
    let mut inputs: Vec<(&str, Vec<&str>, Value)> = Vec::new();
    for url in [
        "",
        " ",
        "ftp://edge",
        "edge.example",
        "http://",
        "http://a b",
        "http://[::1",
        "http://edge:70000",
    ] {
        inputs.push((url, vec![KEY], json!({})));
    }
    let long = format!("environment/{}", "x".repeat(5_000));
    for keys in [
        vec![],
        vec![""],
        vec![" "],
        vec!["secret-part"],
        vec!["environment/"],
        vec!["/secret-part"],
        vec!["environment/secret part"],
        vec!["environment/secr\u{e9}t-part"],
        vec![KEY, "other/client*evaluated"],
        vec![KEY, ""],
        vec![&long],
        vec![KEY],
        vec![KEY, "other/server-evaluated"],
    ] {
        inputs.push((edge, keys, json!({})));
    }
    let two = vec![KEY, "other/server-evaluated"];
    inputs.push((edge, two.clone(), json!({ "mode": "streaming" })));
    inputs.push((edge, two, json!({ "mode": "once" })));
    inputs.push(("ftp://edge", vec![KEY], json!({ "mode": "offline" })));
    for options in [
        json!({ "headers": { "Host": "other" } }),
        json!({ "headers": { "x-sdk": "other" } }),
        json!({ "headers": { "X-FeatureHub": "userkey=mara" } }),
        json!({ "headers": { "a b": "x" } }),
        json!({ "headers": { "": "x" } }),
        json!({ "headers": { "a": "line\nend" } }),
        json!({ "headers": { "a": "\u{7f}" } }),
        json!({ "headers": { "a": "" } }),
        json!({ "headers": { "a": "tab\tin it", "B": "x" } }),
        json!({ "identification": "a\rb" }),
        json!({ "identification": "" }),
        json!({ "identification": "Program,1.0" }),
        json!({ "backoff": { "initial": 2, "cap": 1 } }),
        json!({ "backoff": { "initial": 40 } }),
        json!({ "backoff": { "cap": 0.5 } }),
        json!({ "backoff": { "jitter": 1.5 } }),
        json!({ "backoff": { "jitter": -0.1 } }),
        json!({ "backoff": { "initial": 0, "cap": 0, "jitter": 0 } }),
        json!({ "backoffWhenRefused": { "cap": 30 } }),
        json!({ "backoffWhenRefused": { "jitter": 2 } }),
        json!({ "returnWithin": [2, 1] }),
        json!({ "returnWithin": [1, 1] }),
        json!({ "limits": { "head": 0 } }),
        json!({ "limits": { "poll": 0 } }),
        json!({ "limits": { "idle": 0 } }),
        json!({ "limits": { "heldBack": 0 } }),
        json!({ "limits": { "bytes": 0 } }),
        json!({ "limits": { "head": 0.001, "bytes": 1 } }),
        json!({ "mode": "polling", "interval": 0 }),
        json!({ "context": attributes(30) }),
        json!({ "context": attributes(31) }),
    ] {
        inputs.push((edge, vec![KEY], options));
    }
    inputs.push((edge, vec!["environment/client*evaluated"], json!({ "context": attributes(31) })));
    let rows: Vec<Value> = inputs
        .into_iter()
        .map(|(url, keys, options)| {
            let error = builder(url, &keys, &options).check().err().map(|why| why.to_string());
            json!({ "url": url, "keys": keys, "options": options, "error": error })
        })
        .collect();
    check("start-errors", &rows);
}
