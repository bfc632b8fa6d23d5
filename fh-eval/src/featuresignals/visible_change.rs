//! Changes of a flag that programs can see when they read the flag.

use std::collections::HashSet;

use crate::feature::FeatureRef;
use crate::tables::relations::NOWHERE;

/// Returns true if evaluations of a flag may differ from those of an older state of it: the flag, a segment, a prerequisite or the members of
/// its group have changed.
#[must_use]
pub fn is_visible_change(older: FeatureRef<'_>, newer: FeatureRef<'_>) -> bool {
    differs(older, newer) || {
        let (older, newer) = (prerequisites(older), prerequisites(newer));
        older.len() != newer.len()
            || older.into_iter().zip(newer).any(|(older, newer)| match (older, newer) {
                (Some(older), Some(newer)) => older.key() != newer.key() || differs(older, newer),
                (older, newer) => older.is_some() != newer.is_some(),
            })
    }
}

/// Returns true if a flag, without its prerequisites, differs from an older state of it.
fn differs(older: FeatureRef<'_>, newer: FeatureRef<'_>) -> bool {
    older.json() != newer.json()
        || older.named_segments() != newer.named_segments()
        || group(older) != group(newer)
}

/// Returns the keys of the members of a flag's group.
fn group(flag: FeatureRef<'_>) -> Vec<&str> {
    let members = flag.tables().group_of(flag.position());
    members.iter().map(|rival| flag.tables().key(rival.position as usize)).collect()
}

/// Returns the flags that an evaluation of a flag may evaluate as prerequisites, each once; `None` for each that does not exist.
fn prerequisites(flag: FeatureRef<'_>) -> Vec<Option<FeatureRef<'_>>> {
    let mut seen = HashSet::new();
    let mut positions = flag.tables().prerequisites_of(flag.position(), usize::MAX);
    positions.retain(|position| *position == NOWHERE || seen.insert(*position));
    let flag = |position| FeatureRef::new(flag.view(), position as usize);
    positions.into_iter().map(|position| (position != NOWHERE).then(|| flag(position))).collect()
}

#[cfg(test)]
mod tests {
    use crate::featuresignals::{Compiler, Document, is_visible_change};

    const BASE: &str = r#"{
        "flags": {"a": {"prerequisites": ["b"], "mutual_exclusion_group": "g"}, "b": {"prerequisites": ["c"]}, "c": {}, "d": {},
            "e": {"mutual_exclusion_group": "h"}},
        "states": {"a": {"enabled": true}, "b": {"enabled": true}, "c": {"enabled": true, "rules": [{"segment_keys": ["s"], "percentage": 10000, "value": 1}]},
            "e": {"enabled": true}},
        "segments": {"s": {"match_type": "all", "rules": []}}}"#;

    fn changed(old: &str, new: &str) -> Vec<&'static str> {
        let compile =
            |json: &str| Compiler::new().compile(&Document::parse(json.as_bytes()).unwrap());
        let (before, after) = (compile(BASE), compile(&BASE.replace(old, new)));
        ["a", "b", "c", "d", "e"]
            .into_iter()
            .filter(|key| is_visible_change(before.get(key).unwrap(), after.get(key).unwrap()))
            .collect()
    }

    #[test]
    fn a_flag_changes_with_its_segments_its_prerequisites_and_its_group() {
        let none: [&str; 0] = [];
        assert_eq!(changed("\"d\": {}", "\"d\":   {}"), none);
        assert_eq!(changed("\"d\": {}", "\"d\": {\"default_value\": 1}"), ["d"]);
        assert_eq!(changed("\"match_type\": \"all\"", "\"match_type\": \"any\""), ["a", "b", "c"]);
        assert_eq!(changed("\"c\": {},", "\"c\": {\"default_value\": 1},"), ["a", "b", "c"]);
        assert_eq!(
            changed("\"mutual_exclusion_group\": \"h\"", "\"mutual_exclusion_group\": \"g\""),
            ["a", "e"]
        );
    }
}
