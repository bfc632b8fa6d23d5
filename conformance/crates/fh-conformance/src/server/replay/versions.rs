//! The relation between recorded versions and the server's own.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// From recorded to received versions, for each feature id.
#[derive(Debug, Default)]
pub(super) struct Versions(HashMap<String, BTreeMap<i64, i64>>);

impl Versions {
    /// Returns true if `ours` corresponds to `recorded`, and if both rise in the same order. Version 0 corresponds only to 0.
    fn stands(&mut self, id: &str, recorded: i64, ours: i64) -> bool {
        let known = self.0.entry(id.to_owned()).or_default();
        if let Some(said) = known.get(&recorded) {
            return *said == ours;
        }
        let rises = known.range(..recorded).all(|(_, before)| *before < ours)
            && known.range(recorded..).all(|(_, after)| *after > ours);
        let fits = rises && (recorded == 0) == (ours == 0);
        if fits {
            known.insert(recorded, ours);
        }
        fits
    }

    /// Replaces the versions in `ours` by the recorded ones that they correspond to. Other versions stay and show up as differences.
    pub(super) fn translate(&mut self, recorded: &Value, ours: &mut Value) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => {
                let ids = (recorded.get("id"), ours.get("id"));
                let versions = (version(recorded.get("version")), version(ours.get("version")));
                if let ((Some(Value::String(id)), Some(our_id)), (Some(was), Some(is))) =
                    (ids, versions)
                    && our_id == id
                    && self.stands(id, was, is)
                {
                    ours.insert("version".to_owned(), was.into());
                }
                for (name, value) in ours {
                    if let Some(recorded) = recorded.get(name) {
                        self.translate(recorded, value);
                    }
                }
            }
            (Value::Array(recorded), Value::Array(ours)) => {
                for (recorded, ours) in recorded.iter().zip(ours) {
                    self.translate(recorded, ours);
                }
            }
            _ => {}
        }
    }
}

fn version(value: Option<&Value>) -> Option<i64> {
    value?.as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_same_order_and_always_the_same() {
        let mut versions = Versions::default();
        assert!(versions.stands("a", 4, 1000));
        assert!(versions.stands("a", 6, 1002));
        assert!(versions.stands("a", 4, 1000));
        assert!(!versions.stands("a", 4, 1001), "another one for the same");
        assert!(!versions.stands("a", 5, 1002), "the same one for another");
        assert!(!versions.stands("a", 7, 999), "fallen");
        assert!(versions.stands("b", 7, 999));
        assert!(!versions.stands("c", 0, 1) && !versions.stands("c", 1, 0));
    }
}
