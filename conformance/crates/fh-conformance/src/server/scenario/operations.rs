//! Scenarios about operating a server: health, metrics, stop, restart, secrets and CORS.

use serde_json::{Value, json};

use super::Evaluated::{ByClient, ByServer};
use super::check::{Failure, Outcome, check, same, there};
use super::poll::{NOWHERE, UNKNOWN};
use super::put::expecting;
use super::scenario_client::{ScenarioClient, by_key};
use super::{Bench, Setup, standard};
use crate::server::wire::{Request, Response};

/// Sends a GET to the address of health and metrics.
fn monitor(client: &ScenarioClient, path: &str) -> Result<Response, Failure> {
    let base = client.subject().monitor()?;
    let request = Request::new("GET", base.target(path));
    Ok(client.connect_to(base)?.request(&request)?)
}

/// Returns an integer metric of `/metrics`, summed over its labels.
pub(super) fn figure(client: &ScenarioClient, name: &str) -> Result<u64, Failure> {
    let response = monitor(client, "/metrics")?;
    check!(response.status == 200, "/metrics answers {}", response.status);
    let text = response.text();
    check!(text.contains(name), "{name} is not in /metrics");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let figures = lines.filter_map(|line| {
        let (label, figure) = line.rsplit_once(' ')?;
        let label = label.split('{').next().unwrap_or_default();
        (label == name).then(|| figure.parse::<u64>().ok()).flatten()
    });
    Ok(figures.sum())
}

pub(super) fn health(bench: &Bench<'_>) -> Outcome {
    let client = bench.with(&Setup { state: None, ..Setup::default() })?;
    let status = |path: &str| Ok::<_, Failure>(monitor(&client, path)?.status);
    let readiness = ["/health/readiness", "/health/readyness"];
    same("liveness while loading", status("/health/liveness")?, 200)?;
    for path in readiness {
        let loading = status(path)?;
        check!([500, 503].contains(&loading), "{path} while loading: {loading}");
    }
    client.subject().serve(&standard())?;
    for path in ["/health/liveness"].iter().chain(&readiness) {
        same(path, status(path)?, 200)?;
    }
    Ok(())
}

pub(super) fn version(bench: &Bench<'_>) -> Outcome {
    let response = monitor(&bench.any_state()?, "/info/version")?;
    same("status", response.status, 200)?;
    same("content type", response.header("content-type"), Some("application/json"))?;
    for member in ["name", "version"] {
        let text = response.json().get(member).and_then(Value::as_str).map(str::len);
        check!(text.is_some_and(|length| length > 0), "{member}: {}", response.text());
    }
    Ok(())
}

pub(super) fn graceful(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let mut streams = Vec::new();
    for key in [client.dev(ByClient)?, client.dev(ByServer)?].iter().cycle().take(10) {
        streams.push(client.stream(key)?.0);
    }
    let mut idle = client.connect()?;
    same("before", idle.request(&client.poll(&[&client.dev(ByClient)?]))?.status, 200)?;
    // This request is in progress for certain: the server has asked for its body.
    let body = r#"{"value":"in flight"}"#;
    let mut flying = client.connect()?;
    flying.send(&expecting(&client, body)?.bytes(client.base().authority()))?;
    same("the body is asked for", flying.interim()?, 100)?;
    client.subject().stop()?;
    for stream in &mut streams {
        let bye = there("an event", stream.told()?)?;
        same("streams", (&*bye.name, bye.json()), ("bye", json!({"status": "closed"})))?;
        same("then", stream.told()?, None)?;
    }
    flying.send(body.as_bytes())?;
    same("in flight", flying.response("PUT")?.status, 200)?;
    same("an idle connection gets", idle.until_closed()?, Vec::new())
}

pub(super) fn restart(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let (mut stream, _) = client.stream(&client.dev(ByClient)?)?;
    client.subject().stop()?;
    // The stream ends properly, with or without `bye`.
    if let Some(event) = stream.told()? {
        same("the last event", &*event.name, "bye")?;
        same("then", stream.told()?, None)?;
    }
    drop(stream);
    client.subject().start_again()?;
    let (_, list) = client.stream(&client.dev(ByClient)?)?;
    let colour = there("COLOUR", by_key(&list.json()).remove("COLOUR"))?;
    same("value", colour.get("value"), Some(&"grey".into()))?;
    client.is_alive()
}

pub(super) fn no_secrets(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let body = r#"{"value":true}"#;
    let stranger = format!("{}/{UNKNOWN}", client.environment("dev")?);
    let lock = client.put(&client.writer()?, "LOCKED", r#"{"lock":true}"#)?.status;
    check!([200, 202].contains(&lock), "locking is answered with {lock}");
    let mut texts = Vec::new();
    for (key, feature, body) in [
        (&*client.dev(ByClient)?, "FLAG", body),
        (&client.writer()?, "NO_SUCH", body),
        (&client.writer()?, "LOCKED", body),
        (&client.writer()?, "FLAG", "{}"),
        (&client.writer()?, "FLAG", "{"),
        (&client.writer()?, "FLAG", r#"{"value":"neither"}"#),
        (&stranger, "FLAG", body),
        (&client.writer()?.replace('/', "+"), "NO_SUCH", body),
    ] {
        let response = client.put(key, feature, body)?;
        check!(response.status >= 400, "PUT {feature}: {}", response.status);
        texts.push(response);
    }
    texts.push(client.polled(&stranger)?);
    texts.push(
        client.ask(&client.request("DELETE", &format!("/features/{}", client.dev(ByClient)?)))?,
    );
    texts.push(
        client
            .ask(&client.request("GET", &format!("/features/{}/x/y/z", client.dev(ByServer)?)))?,
    );
    texts.push(
        client.ask(&client.request("POST", &format!("/features?apiKey={}", client.writer()?)))?,
    );
    for path in ["/metrics", "/info/version", "/health/liveness", "/health/readiness", "/"] {
        texts.push(monitor(&client, path)?);
    }
    let mut all: Vec<String> = texts
        .iter()
        .map(|response| format!("{:?}\n{}", response.headers, response.text()))
        .collect();
    let (_stream, list) = client.stream(&client.dev(ByClient)?)?;
    all.push(list.lines.join("\n"));
    for key in [stranger, format!("{NOWHERE}/{UNKNOWN}")] {
        let mut stream = client.open(&client.stream_request(&key))?;
        while let Some(event) = stream.told()? {
            all.push(event.lines.join("\n"));
        }
    }
    let secrets = client.identifiers().secrets();
    for secret in secrets.iter().map(|(_, secret)| *secret).chain([UNKNOWN]) {
        for text in &all {
            check!(!text.contains(secret), "an API key appears in: {text}");
        }
    }
    Ok(())
}

pub(super) fn cors_stream(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    for key in [client.dev(ByClient)?, format!("{NOWHERE}/{UNKNOWN}")] {
        let request = client.stream_request(&key).header("origin", "http://shop.example");
        let stream = client.open(&request)?;
        let header = |name: &str| stream.head.headers.get(name);
        same("origin", header("access-control-allow-origin"), Some("*"))?;
        same("credentials", header("access-control-allow-credentials"), None)?;
    }
    Ok(())
}
