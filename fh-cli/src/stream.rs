//! Recorded event streams, as `curl -N` saves them, converted to the list of features at their end.

use std::borrow::Cow;

use fh_eval::internal::Token;
use fh_eval::internal::wire;
use serde_json::value::RawValue;

/// Returns true if the bytes begin with a field or a comment of an event stream. White space before it is ignored.
pub(crate) fn is_stream(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let body = bytes.trim_ascii_start();
    let fields: [&[u8]; 5] = [b"data:", b"event:", b"id:", b"retry:", b":"];
    fields.iter().any(|field| body.starts_with(field))
}

/// One server-sent event.
#[derive(Debug, Default)]
struct Event<'a> {
    name: Option<&'a str>,
    data: Option<Cow<'a, str>>,
}

/// Returns the JSON document at the end of a stream: the data of the last `features` event, with the later updates of single
/// features applied if the data is a list. If no `features` event has data, returns the data of the first event that has data
/// and no name.
///
/// # Errors
/// Fails if no event has such data. The error describes what the stream holds instead, as the rest of a sentence.
pub(crate) fn document(text: &str) -> Result<String, String> {
    let events = events(text);
    let last_full =
        events.iter().rposition(|event| event.name == Some("features") && event.data.is_some());
    let Some(start) = last_full else {
        let unnamed = events.iter().find(|event| event.name.is_none() && event.data.is_some());
        return match unnamed.and_then(|event| event.data.as_deref()) {
            Some(data) => Ok(data.to_string()),
            None => Err(none_found(&events)),
        };
    };
    let mut events = events.iter().skip(start);
    let full = events.next().and_then(|event| event.data.as_deref()).unwrap_or_default();
    let updates: Vec<&Event<'_>> =
        events.filter(|event| matches!(event.name, Some("feature" | "delete_feature"))).collect();
    match (updates.is_empty(), serde_json::from_str::<Vec<&RawValue>>(full)) {
        // The data is returned unchanged if there are no updates, or if it is no list.
        (true, _) | (_, Err(_)) => Ok(full.to_string()),
        (false, Ok(mut features)) => {
            for update in updates {
                apply(&mut features, update);
            }
            let features: Vec<&str> = features.iter().map(|feature| feature.get()).collect();
            Ok(format!("[{}]", features.join(",\n")))
        }
    }
}

fn none_found(events: &[Event<'_>]) -> String {
    let names: Vec<&str> = events.iter().filter_map(|event| event.name).collect();
    if names.is_empty() {
        "is a stream without any event".to_string()
    } else {
        format!(
            "is a stream without a `features` event that has data (it has {})",
            names.join(", ")
        )
    }
}

fn events(text: &str) -> Vec<Event<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut events = Vec::new();
    let mut event = Event::default();
    for line in text.lines().chain(std::iter::once("")) {
        if line.is_empty() {
            if event.name.is_some() || event.data.is_some() {
                events.push(std::mem::take(&mut event));
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut event.data) {
            ("event", _) => event.name = Some(value),
            ("data", None) => event.data = Some(Cow::Borrowed(value)),
            ("data", Some(data)) => {
                let data = data.to_mut();
                data.push('\n');
                data.push_str(value);
            }
            _ => {}
        }
    }
    events
}

fn apply<'e>(features: &mut Vec<&'e RawValue>, update: &'e Event<'_>) {
    let data = update.data.as_deref().unwrap_or_default();
    let Ok(state) = serde_json::from_str::<&RawValue>(data) else {
        return;
    };
    let Some(new) = wire::Feature::parse(state.get()) else {
        return;
    };
    let identity = |feature: &wire::Feature<'_>| {
        wire::text(feature.id).or_else(|| wire::text(feature.key)).map(Cow::into_owned)
    };
    let version = |feature: &wire::Feature<'_>| match feature.version.map(Token::of) {
        Some(Token::Number(digits)) => digits.parse::<i64>().ok(),
        _ => None,
    };
    let wanted = identity(&new);
    let found = features.iter().position(|feature| {
        wire::Feature::parse(feature.get())
            .is_some_and(|old| wanted.is_some() && identity(&old) == wanted)
    });
    let old_version = found
        .and_then(|at| features.get(at))
        .and_then(|old| version(&wire::Feature::parse(old.get())?));
    // An event with a lower version than the feature in the list is left out. A delete without a version, or with version 0,
    // applies (D-27).
    let held = old_version.unwrap_or(0);
    let is_late = version(&new).unwrap_or(0) < held;
    let is_late_delete = version(&new).is_some_and(|version| 0 < version && version < held);
    match (update.name, found) {
        (Some("delete_feature"), Some(at)) if !is_late_delete => {
            features.remove(at);
        }
        (Some("feature"), Some(at)) if !is_late => {
            if let Some(slot) = features.get_mut(at) {
                *slot = state;
            }
        }
        (Some("feature"), None) => features.push(state),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_distinguished_from_json() {
        assert!(is_stream(b"\xef\xbb\xbf\nevent: ack\n"));
        assert!(is_stream(b"data:[]") && is_stream(b": comment"));
        assert!(!is_stream(b"[{\"key\":\"data:\"}]") && !is_stream(b""));
    }

    #[test]
    fn lists_and_lone_data() {
        assert_eq!(document("data: [1,\ndata: 2]\n\n").unwrap(), "[1,\n2]");
        let stream =
            "event: ack\ndata: {}\n\nid: 7\nevent: features\ndata: [3]\n\nevent: bye\ndata: {}\n\n";
        assert_eq!(document(stream).unwrap(), "[3]");
        assert_eq!(document(&stream.replace('\n', "\r\n")).unwrap(), "[3]");
        let twice = format!("{stream}event: features\ndata: [4]\n\n");
        assert_eq!(document(&twice).unwrap(), "[4]");
        let error = document("event: ack\ndata: {}\n\nevent: failure\ndata: {}\n\n").unwrap_err();
        assert!(error.contains("ack, failure"), "{error}");
    }

    #[test]
    fn updates_are_played_back() {
        let stream = "event: features\ndata: [{\"id\":\"a\",\"version\":2},{\"id\":\"b\",\"version\":5}]\n\n\
            event: feature\ndata: {\"id\":\"a\",\"version\":3}\n\n\
            event: feature\ndata: {\"id\":\"a\",\"version\":1}\n\n\
            event: feature\ndata: {\"id\":\"c\",\"version\":1}\n\n\
            event: delete_feature\ndata: {\"id\":\"b\",\"version\":0}\n\n";
        assert_eq!(
            document(stream).unwrap(),
            "[{\"id\":\"a\",\"version\":3},\n{\"id\":\"c\",\"version\":1}]"
        );
    }

    #[test]
    fn deletes_apply_by_their_version() {
        let left = |version: &str| {
            let stream = format!(
                "event: features\ndata: [{{\"id\":\"a\",\"version\":5}}]\n\n\
                 event: delete_feature\ndata: {{\"id\":\"a\"{version}}}\n\n"
            );
            document(&stream).unwrap() != "[]"
        };
        let versions = ["", ",\"version\":0", ",\"version\":4", ",\"version\":5", ",\"version\":6"];
        assert_eq!(versions.map(left), [false, false, true, false, false]);
    }
}
