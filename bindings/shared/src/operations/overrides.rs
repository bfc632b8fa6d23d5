//! The operations of overrides in memory.

use std::collections::BTreeMap;

use fh_client::NewValue;
use fh_client::overrides::{IfLocked, MemoryOverrides};
use serde::Deserialize;
use serde_json::json;

use super::answer::Answer;
use super::value::JsonValue;

/// A request for overrides. The variants have the names of their functions.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Request {
    Set { key: String, value: JsonValue, if_locked: Locked },
    Delete { key: String },
    Clear,
    Entries,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Locked {
    Keep,
    Override,
}

impl From<Locked> for IfLocked {
    fn from(locked: Locked) -> Self {
        match locked {
            Locked::Keep => Self::Keep,
            Locked::Override => Self::Override,
        }
    }
}

pub(super) fn perform(overrides: &MemoryOverrides, request: &str) -> Answer {
    Ok(match serde_json::from_str(request)? {
        Request::Set { key, value, if_locked } => {
            json!(overrides.set(&key, NewValue::try_from(value)?, if_locked.into()))
        }
        Request::Delete { key } => json!(overrides.delete(&key)),
        Request::Clear => json!(overrides.clear()),
        Request::Entries => {
            let entries = overrides.entries().into_iter();
            let entries = entries.map(|(key, entry)| {
                let entry = json!({
                    "value": JsonValue::from(entry.value.as_ref()),
                    "ifLocked": if entry.if_locked == IfLocked::Override { "override" } else { "keep" },
                });
                (key, entry)
            });
            json!(entries.collect::<BTreeMap<_, _>>())
        }
    })
}
