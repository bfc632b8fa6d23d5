//! Invariants of all responses.

use serde_json::Value;

use super::script::Asked;
use super::stage::{Answered, CONTEXT};

/// Returns true for a poll.
pub(super) fn is_poll(asked: &Asked) -> bool {
    asked.method == "GET"
        && matches!(asked.path.split('?').next(), Some("/features" | "/features/"))
}

fn is_ofrep(asked: &Asked) -> bool {
    asked.path.starts_with("/ofrep/")
}

/// Checks a whole response.
pub(super) fn answer(asked: &Asked, answered: &Answered) {
    let Answered { status, content_type, body, .. } = answered;
    // The Edge has a state and no data folder, so it has no reason for a server error.
    assert!(*status < 500, "{status} {body}");
    if *status == 304 {
        assert!(
            body.is_empty()
                && asked.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("if-none-match"))
        );
    }
    silent(asked, body);
    let context =
        asked.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-featurehub"));
    if is_poll(asked) && context.map(|(_, value)| value.len()).sum::<usize>() > CONTEXT {
        assert!(!matches!(status, 200 | 236 | 304), "a context beyond the limit: {status}");
    }
    if *status == 413 {
        if content_type == "application/json" {
            let json: Value = serde_json::from_str(body).expect("a refusal is JSON");
            assert!(json["error"].is_string() || json["errorCode"].is_string(), "{body}");
        }
        return;
    }
    if content_type == "application/json" && !body.is_empty() {
        let json: Value = serde_json::from_str(body).expect("an answer is JSON");
        if is_poll(asked) {
            let environments = json.as_array().expect("a list of environments");
            assert!(!environments.is_empty(), "some SDKs take this for the end");
            for environment in environments {
                assert!(environment["id"].is_string());
                list(&environment["features"]);
            }
        }
    }
}

/// Checks the events of a stream.
pub(super) fn events(asked: &Asked, text: &str) {
    silent(asked, text);
    for event in text.split_terminator("\n\n") {
        let mut lines = event.lines();
        let name = lines.next().and_then(|line| line.strip_prefix("event: ")).expect("a name");
        let mut data = lines.next().expect("data");
        if let Some(id) = data.strip_prefix("id: ") {
            assert!(!id.is_empty() && !id.contains('"'));
            data = lines.next().expect("data");
        }
        assert_eq!(lines.next(), None, "{event}");
        let data = data.strip_prefix("data: ").expect("data");
        let json: Value = serde_json::from_str(data).expect("data is JSON");
        match name {
            "features" => list(&json),
            "feature" | "delete_feature" => feature(&json),
            "ack" | "bye" | "failure" | "config" => {}
            other => panic!("what is `{other}`?"),
        }
    }
}

fn list(features: &Value) {
    features.as_array().expect("a list of features").iter().for_each(feature);
}

fn feature(json: &Value) {
    assert!(json["id"].is_string() && json["key"].is_string() && json["l"].is_boolean());
    assert!(json["version"].is_i64() && json["type"].is_string(), "{json}");
    assert!(json.get("value").is_none_or(|value| !value.is_null()));
}

/// Checks that a text reveals nothing that its reader must not see.
fn silent(asked: &Asked, text: &str) {
    // The response may repeat what the request contains, so such requests are not checked.
    if asked.has("hush")
        || asked.has("\\u")
        || asked.path.contains('%')
        || !text.contains("hush") && !text.contains("strategies") && !text.contains("-server")
    {
        return;
    }
    assert!(!text.contains("hush-fp"), "properties: {text}");
    if !asked.may_name_a_client_key() {
        assert!(!text.contains("hush-rule"), "rules: {text}");
        assert!(!text.contains("\"strategies\":"), "strategies: {text}");
    }
    let has_other = ["reader", "writer"].into_iter().any(|other| asked.has(other));
    assert!(has_other || !text.contains("hush-filtered"), "filtered: {text}");
    if !is_ofrep(asked) {
        assert!(!text.contains("-server"), "a key: {text}");
    }
}
