//! Streams that are read during a history. Their versions never fall, and they never end for good.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;

use axum::body::Body;
use http_body::Body as _;
use serde_json::Value;
use tokio::sync::watch;

use crate::servers::Server;

/// The features that a client holds, by their keys.
pub(crate) type Held = BTreeMap<String, Value>;

/// Follows a stream of a server until the stream ends, or until BANNER has the value that `last` names. Returns what it holds.
pub(crate) async fn follow(
    server: &Server,
    key: &str,
    last: &mut watch::Receiver<Option<String>>,
) -> Held {
    let mut body = server.stream(key).await;
    let (mut held, mut text) = (Held::new(), String::new());
    loop {
        if has(&held, last) {
            return held;
        }
        let frame = tokio::select! {
            frame = next(&mut body) => frame,
            _ = last.changed() => continue,
        };
        let Some(frame) = frame else { return held };
        text.push_str(&frame);
        while let Some((line, rest)) = text.split_once('\n') {
            take(line, &mut held, &server.name);
            text = rest.to_owned();
        }
    }
}

/// Returns true if BANNER has the value that `last` names.
pub(crate) fn has(held: &Held, last: &watch::Receiver<Option<String>>) -> bool {
    let (last, banner) = (last.borrow(), held.get("BANNER"));
    banner.zip(last.as_ref()).is_some_and(|(banner, last)| banner["value"] == *last)
}

/// Returns the next part of a body.
async fn next(body: &mut Body) -> Option<String> {
    let frame = poll_fn(|task| Pin::new(&mut *body).poll_frame(task)).await?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

fn take(line: &str, held: &mut Held, server: &str) {
    assert!(!line.starts_with("event: failure"), "{server} refused a good key");
    let Some(data) = line.strip_prefix("data:") else { return };
    let features = match serde_json::from_str(data) {
        Ok(Value::Array(features)) => features,
        Ok(feature) => vec![feature],
        Err(_) => return,
    };
    for feature in features {
        let Some(key) = feature["key"].as_str().map(str::to_owned) else { continue };
        let before = held.get(&key).map_or(0, |before| before["version"].as_i64().unwrap());
        let version = feature["version"].as_i64().unwrap();
        assert!(before <= version, "{key} fell from {before} to {version} on a stream of {server}");
        held.insert(key, feature);
    }
}
