//! Changes of a feature that programs can see when they read the feature.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::wire::name;
use crate::json::members;

/// Returns true if two states of a feature, given as JSON objects, differ visibly for programs that read the feature.
/// All differences count as visible, except in these points:
///
/// - the order of members, white space between members, and escapes in the names of members
/// - the version of the value, and the id of the environment
/// - a member that is null in one state and missing in the other
/// - the member `l` (locked), if it is false in one state and null or missing in the other
#[must_use]
pub fn is_visible_change(old: &str, new: &str) -> bool {
    if old == new {
        return false;
    }
    fn seen(json: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
        let raw = serde_json::from_str::<&RawValue>(json).ok()?;
        let mut members = members(raw)?;
        members.retain(|(name, value)| {
            // A missing member and null have the same meaning for programs that read the feature. A missing lock and a
            // lock of false have the same meaning too.
            let is_nothing =
                value.get() == "null" || (name == name::LOCKED && value.get() == "false");
            !is_nothing && name != name::VERSION && name != name::ENVIRONMENT
        });
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(members.into_iter().map(|(name, value)| (name, value.get())).collect())
    }
    match (seen(old), seen(new)) {
        (Some(old), Some(new)) => old != new,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_that_readers_can_see() {
        let base = r#"{"id":"a","key":"A","l":false,"version":1,"type":"BOOLEAN","value":true}"#;
        for same in [
            base,
            r#"{"id":"a","key":"A","version":2,"type":"BOOLEAN","value":true}"#,
            r#"{"key":"A", "id":"a","environmentId":"e","type":"BOOLEAN","value":true,"fp":null}"#,
        ] {
            assert!(!is_visible_change(base, same), "{same}");
        }
        for other in [
            r#"{"id":"a","key":"A","l":true,"version":1,"type":"BOOLEAN","value":true}"#,
            r#"{"id":"a","key":"A","version":1,"type":"BOOLEAN","value":false}"#,
            r#"{"id":"a","key":"A","version":1,"type":"BOOLEAN"}"#,
            r#"{"id":"a","key":"A","version":1,"type":"BOOLEAN","value":true,"strategies":[{}]}"#,
            "7",
        ] {
            assert!(is_visible_change(base, other), "{other}");
        }
    }
}
