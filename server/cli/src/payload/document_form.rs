//! The form of a document: a payload, a state, or neither.

use fh_eval::internal::wire::name;
use fh_eval::internal::{is_too_dense, members};
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
            // The reader of payloads refuses such a document.
            Ok(_) if is_too_dense(body) => Self::Payload,
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
            let has_any =
                |names: &[&str]| items.iter().any(|item| names.iter().any(|name| has(item, name)));
            if items.is_empty() || has_any(&OF_PAYLOADS) {
                return Self::Payload;
            }
            return match Self::of_other(json) {
                // Features without a key, which `fh lint` reports.
                Self::Neither if has_any(&[name::ID]) => Self::Payload,
                form => form,
            };
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
            Ok(read) if read.is_state() && read.file.names().next().is_some() => Self::State,
            _ => Self::Neither,
        }
    }
}

/// The members of features and environments of which an item of a payload's list has at least one.
const OF_PAYLOADS: [&str; 5] =
    [name::KEY, name::FEATURES, name::STRATEGIES, name::TYPE, name::VALUE];

fn has(json: &RawValue, name: &str) -> bool {
    member(json, name).is_some()
}

fn member<'a>(json: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    let members = members(json)?;
    members.into_iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The elements of such a list would take more memory than the reader of payloads allows.
    #[test]
    fn the_parts_of_a_dense_list_are_not_read() {
        let dense = format!("[{}1]", "1,".repeat(1_000_000));
        assert_eq!(DocumentForm::of(&dense), DocumentForm::Payload);
        assert_eq!(DocumentForm::of("[1, 1]"), DocumentForm::Neither);
    }
}
