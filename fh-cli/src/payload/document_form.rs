//! The form of a document: a payload, a state, or neither.

use fh_eval::internal::members;
use fh_eval::internal::wire::name;
use serde_json::value::RawValue;

use super::state_file;

/// The form of a document that is no event stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DocumentForm {
    /// Features or environments, as an Edge sends them, or a document whose error the reader of payloads describes.
    Payload,
    /// A state, from which features and environments can be made.
    State,
    /// JSON or YAML without any features.
    Neither,
    /// Neither JSON nor YAML. The text is the error of the YAML parser.
    Unreadable(String),
}

impl DocumentForm {
    pub(super) fn of(text: &str) -> Self {
        let body = text.trim_start_matches('\u{feff}').trim_start();
        match serde_json::from_str::<&RawValue>(body) {
            Ok(json) => Self::of_json(json),
            // An empty document and HTML.
            Err(_) if body.is_empty() || body.starts_with('<') => Self::Payload,
            Err(_) if state_file::is_state(text) => Self::State,
            Err(_) if body.starts_with(['{', '[']) => Self::Payload,
            Err(_) => match state_file::syntax_error(text) {
                Some(error) => Self::Unreadable(error),
                None => Self::Neither,
            },
        }
    }

    fn of_json(json: &RawValue) -> Self {
        if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json.get()) {
            let is_payload =
                items.is_empty() || items.iter().any(|item| is_feature_or_environment(item));
            return if is_payload { Self::Payload } else { Self::of_other(json) };
        }
        if has(json, name::KEY) {
            return Self::Payload;
        }
        if has(json, "environments") || has(json, "accounts") {
            return Self::State;
        }
        match member(json, name::FEATURES) {
            Some(features) if features.get().starts_with('[') => Self::Payload,
            Some(_) => Self::Neither,
            None => Self::of_other(json),
        }
    }

    /// Returns the form of JSON without features. Other programs write states in forms of their own.
    fn of_other(json: &RawValue) -> Self {
        match state_file::read(json.get()) {
            Ok((file, _)) if file.names().next().is_some() => Self::State,
            _ => Self::Neither,
        }
    }
}

fn is_feature_or_environment(item: &RawValue) -> bool {
    [name::KEY, name::FEATURES, name::STRATEGIES, name::TYPE, name::VALUE]
        .iter()
        .any(|name| has(item, name))
}

fn has(json: &RawValue, name: &str) -> bool {
    member(json, name).is_some()
}

fn member<'a>(json: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    let members = members(json)?;
    members.into_iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
}
