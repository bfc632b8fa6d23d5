//! Events for functions of a program in JSON.

use fh_client::{Problem, RawKind, Source};
use serde_json::{Value, json};

use super::usage::usage;
use super::value::JsonValue;
use crate::callbacks::Event;
use crate::language::Spelling;

/// Returns an event as JSON. Its kind stands in the function that gets it, so it is not among the members. The end of an interceptor's
/// registration is the text `closed`, which is no JSON, so that it differs from each read.
#[must_use]
pub fn event(event: &Event) -> String {
    let value: Value = match event {
        Event::Change(change) => json!({
            "key": &*change.key,
            "old": JsonValue::from(change.old.as_ref()),
            "new": JsonValue::from(change.new.as_ref()),
            "wasLocked": change.was_locked,
            "isLocked": change.is_locked,
            "exists": change.exists,
            "version": change.version,
            "generation": change.generation,
        }),
        Event::Readiness(change) => json!({
            "readiness": change.readiness.as_str(),
            "isFirst": change.is_first,
        }),
        Event::Status(status) => json!({
            "readiness": status.readiness.as_str(),
            "connection": status.connection.as_str(),
            "problem": status.problem.as_ref().map(Problem::as_str),
            "message": status.problem.as_ref().map(ToString::to_string),
        }),
        Event::NewState(state) => json!({
            "isHeld": state.is_held,
            "keys": state.keys.iter().map(|key| &**key).collect::<Vec<_>>(),
        }),
        Event::Notice(notice) => {
            json!({ "kind": notice.as_str(), "text": Spelling::Camel.spell_in(&notice.to_string()) })
        }
        Event::Raw(update) => json!({
            "source": Source::as_str(&update.source),
            "environment": update.environment.as_deref(),
            "kind": match update.kind {
                RawKind::List => "list",
                RawKind::Feature => "feature",
                RawKind::Delete => "delete",
            },
            "json": &*update.json,
        }),
        Event::Usage(events) => events.iter().map(|event| usage(event)).collect(),
        Event::Closed => return "closed".to_string(),
    };
    value.to_string()
}
