//! Recorded event streams, as `curl -N` saves them, converted to the list of features at their end.

use std::borrow::Cow;
use std::collections::HashMap;

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
/// features applied. Data that is not JSON is returned unchanged. If no `features` event has data, returns the data of the
/// first event that has data and no name.
///
/// # Errors
/// Fails if no event has such data, or if the data of the last `features` event is JSON, but no list. A client refuses such
/// an event. The error is the rest of a sentence that begins with the name of the input.
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
    match wire::list(full) {
        Ok(_) if updates.is_empty() => Ok(full.to_string()),
        Ok(features) => {
            let mut held = Held { features, deleted: HashMap::new() };
            for update in updates {
                held.apply(update);
            }
            let features: Vec<&str> = held.features.iter().map(|feature| feature.get()).collect();
            Ok(format!("[{}]", features.join(",\n")))
        }
        Err(_) if wire::one(full).is_ok() => {
            Err("is a stream whose last `features` event holds no list: FeatureHub sends a list of all features".to_string())
        }
        Err(_) => Ok(full.to_string()),
    }
}

const ADVICE: &str = "record a stream until its first `features` event";

fn none_found(events: &[Event<'_>]) -> String {
    let names: Vec<&str> = events.iter().filter_map(|event| event.name).collect();
    if names.is_empty() {
        format!("is a stream without any event: {ADVICE}")
    } else {
        format!(
            "is a stream without a `features` event that has data (it has {}): {ADVICE}",
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

/// The features at a position of a stream.
struct Held<'e> {
    features: Vec<&'e RawValue>,
    /// Versions of deletes above 0, by the id or the key of the feature.
    deleted: HashMap<String, i64>,
}

impl<'e> Held<'e> {
    /// Applies an update of one feature in the way in which a client does. Other data changes nothing.
    fn apply(&mut self, update: &'e Event<'_>) {
        let data = update.data.as_deref().unwrap_or_default();
        let Ok(state) = wire::one(data) else { return };
        let Some(new) = wire::Feature::parse(state.get()) else { return };
        let wanted = identity(&new);
        let found = self.features.iter().position(|feature| {
            wire::Feature::parse(feature.get())
                .is_some_and(|old| wanted.is_some() && identity(&old) == wanted)
        });
        let old_version = found
            .and_then(|at| self.features.get(at))
            .and_then(|old| version(&wire::Feature::parse(old.get())?));
        // An event with a lower version than the feature in the list is left out. A delete without a version, or with
        // version 0, applies.
        let held = old_version.unwrap_or(0);
        let version = version(&new);
        if update.name == Some("delete_feature") {
            let version = version.filter(|version| *version > 0);
            if version.is_some_and(|version| version < held) {
                return;
            }
            if let Some((wanted, version)) = wanted.zip(version) {
                let deleted = self.deleted.entry(wanted).or_insert(version);
                *deleted = version.max(*deleted);
            }
            if let Some(at) = found {
                self.features.remove(at);
            }
            return;
        }
        let version = version.unwrap_or(0);
        let deleted = wanted.as_ref().and_then(|wanted| self.deleted.get(wanted));
        if version < held || deleted.is_some_and(|deleted| version <= *deleted) {
            return;
        }
        if let Some(wanted) = wanted {
            self.deleted.remove(&wanted);
        }
        match found.and_then(|at| self.features.get_mut(at)) {
            Some(old) => *old = state,
            None => self.features.push(state),
        }
    }
}

/// Returns the id of a feature, or its key if it has no id.
fn identity(feature: &wire::Feature<'_>) -> Option<String> {
    wire::text(feature.id).or_else(|| wire::text(feature.key)).map(Cow::into_owned)
}

fn version(feature: &wire::Feature<'_>) -> Option<i64> {
    match feature.version.map(Token::of) {
        Some(Token::Number(digits)) => digits.parse().ok(),
        _ => None,
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

    /// A feature that is reported late, after a delete of this or a later version, stays deleted.
    #[test]
    fn a_late_update_does_not_bring_a_deleted_feature_back() {
        let held = |deleted: &str, version: &str| {
            let stream = format!(
                "event: features\ndata: [{{\"id\":\"a\",\"version\":3}}]\n\n\
                 event: delete_feature\ndata: {{\"id\":\"a\"{deleted}}}\n\n\
                 event: feature\ndata: {{\"id\":\"a\"{version}}}\n\n"
            );
            document(&stream).unwrap() != "[]"
        };
        let versions = ["", ",\"version\":2", ",\"version\":4", ",\"version\":5"];
        assert_eq!(
            versions.map(|version| held(",\"version\":4", version)),
            [false, false, false, true]
        );
        assert_eq!(versions.map(|version| held("", version)), [true; 4], "no version is known");
    }

    #[test]
    fn a_features_event_without_a_list_is_an_error() {
        for updates in ["", "event: feature\ndata: {\"id\":\"a\",\"version\":2}\n\n"] {
            for data in ["{\"id\":\"a\",\"key\":\"A\"}", "7", "null"] {
                let error = document(&format!("event: features\ndata: {data}\n\n{updates}"));
                assert!(error.unwrap_err().contains("holds no list"), "{data}");
            }
            let broken = document(&format!("event: features\ndata: [{{\n\n{updates}"));
            assert_eq!(broken.unwrap(), "[{", "the parser of documents shows the mistake");
        }
    }
}
