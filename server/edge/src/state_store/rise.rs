//! Raises versions above those that clients hold, where the database of a cluster has lost commits.

use std::collections::HashMap;
use std::sync::Arc;

#[cfg(feature = "cluster")]
use fh_eval::Timestamp;
use uuid::Uuid;

use super::entry::Entry;
use super::gone::ValueId;
use super::store::StateStore;
use crate::state::{Feature, FeatureValue};

impl StateStore {
    /// Raises all versions to at least the time `now` in milliseconds, because clients may hold versions that the state does not state.
    #[cfg(feature = "cluster")]
    pub(crate) fn raise_all(&mut self, now: Timestamp) {
        for entry in self.entries.values_mut() {
            entry.rise_above(now.as_millis().saturating_sub(1));
            self.highest = self.highest.max(entry.version);
        }
    }

    /// Raises the versions of this state above those of `served`, which readers may hold and which they prefer to lower ones. A value whose
    /// version would fall, or which differs at the same version, gets a higher version. Returns true if anything was raised; the revision
    /// of this state is then above both revisions.
    pub(crate) fn rise_above(&mut self, served: &Self) -> bool {
        let held: HashMap<ValueId, (&(Uuid, Arc<str>), &Entry)> = served
            .entries
            .iter()
            .map(|(place, entry)| ((place.0, entry.feature), (place, entry)))
            .collect();
        let kinds: HashMap<&str, &Feature> =
            self.state.features.iter().map(|feature| (&*feature.key, feature)).collect();
        let mut raised: Vec<((Uuid, Arc<str>), i64)> = Vec::new();
        for (place, entry) in &self.entries {
            let id = (place.0, entry.feature);
            let (version, is_same) = match held.get(&id) {
                Some((known, before)) => {
                    (before.version, looks_alike(self.value(place), served.value(known)))
                }
                None => match served.gone.version(id) {
                    Some(version) => (version, false),
                    None => continue,
                },
            };
            let feature = kinds.get(&*place.1);
            let has_record = self.value(place).is_some()
                || feature.is_some_and(|feature| feature.unset_value().is_some());
            // A feature without a value record gets no new version (edge-protocol 2.6).
            let above = match !is_same && has_record {
                true => version,
                false => version.saturating_sub(1),
            };
            if entry.version <= above {
                raised.push((place.clone(), above));
            }
        }
        let mut is_raised = !raised.is_empty() || self.state.revision < served.state.revision;
        for (place, above) in raised {
            if let Some(entry) = self.entries.get_mut(&place) {
                entry.rise_above(above);
                self.highest = self.highest.max(entry.version);
            }
        }
        // Readers may still hold a value that this state does not have, and that may be added again.
        let here: HashMap<ValueId, ()> =
            self.entries.iter().map(|(place, entry)| ((place.0, entry.feature), ())).collect();
        let left = held.iter().map(|(id, (_, entry))| (*id, entry.version));
        for (id, version) in left.chain(served.gone.iter()) {
            let known = self.gone.version(id).unwrap_or(self.gone.forgotten());
            if !here.contains_key(&id) && known < version {
                self.gone.add(id, version);
                is_raised = true;
            }
        }
        if is_raised {
            self.highest = self.highest.max(served.highest);
            self.state.revision = self.state.revision.max(served.state.revision);
            self.count();
        }
        is_raised
    }
}

/// Returns true if clients see no difference between two values of a feature. The names of accepted warnings are not compared.
fn looks_alike(one: Option<&FeatureValue>, other: Option<&FeatureValue>) -> bool {
    let parts = |value: &FeatureValue| {
        let FeatureValue { value, value_id, locked, retired, strategies, .. } = value.clone();
        (value, value_id, locked, retired, strategies)
    };
    match (one, other) {
        (Some(one), Some(other)) => parts(one) == parts(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use fh_eval::Timestamp;

    use super::*;
    use crate::state::State;
    use crate::state_store::Records;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    /// Returns a store with the feature A, and B unless its value is empty.
    fn store(revision: u64, a: (&str, i64), b: (&str, i64)) -> StateStore {
        let feature = |key: &str, id: u8| {
            format!(
                r#"{{"id":"00000000-0000-0000-0000-00000000000{id}","key":"{key}","type":"STRING"}}"#
            )
        };
        let value =
            |(value, version): (&str, i64)| format!(r#"{{"value":"{value}","version":{version}}}"#);
        let (mut features, mut values) = (feature("A", 1), format!(r#""A":{}"#, value(a)));
        if !b.0.is_empty() {
            features = format!("{features},{}", feature("B", 2));
            values = format!(r#"{values},"B":{}"#, value(b));
        }
        let state: State = serde_json::from_str(&format!(
            r#"{{"revision":{revision},"features":[{features}],"environments":[{{"id":"71ed3c04-122b-4312-9ea8-06b2b8d6ceac",
            "values":{{{values}}}}}]}}"#
        ))
        .unwrap();
        StateStore::open(state, Records::default(), NOW)
    }

    #[test]
    fn versions_rise_only_where_readers_would_ignore_a_value() {
        let (none, b) = (("", 0), ("b", 1));
        for (name, served, next, revision, versions) in [
            ("the same", store(5, ("x", 3), b), store(5, ("x", 3), b), None, vec![3, 1]),
            ("newer", store(5, ("x", 3), b), store(6, ("y", 4), b), None, vec![4, 1]),
            (
                "an older revision",
                store(5, ("x", 3), b),
                store(4, ("x", 3), b),
                Some(6),
                vec![3, 1],
            ),
            ("an older version", store(5, ("x", 3), b), store(4, ("y", 2), b), Some(6), vec![4, 1]),
            (
                "an older version of the value",
                store(5, ("x", 3), b),
                store(6, ("x", 2), b),
                Some(7),
                vec![3, 1],
            ),
            ("another value", store(5, ("x", 3), b), store(5, ("y", 3), b), Some(6), vec![4, 1]),
            ("a feature less", store(5, ("x", 3), b), store(6, ("x", 3), none), Some(7), vec![3]),
            ("a feature more", store(5, ("x", 3), none), store(6, ("x", 3), b), None, vec![3, 1]),
        ] {
            let mut raised = next.clone();
            let is_raised = raised.rise_above(&served);
            assert_eq!(is_raised, revision.is_some(), "{name}");
            assert_eq!(raised.state.revision, revision.unwrap_or(next.state.revision), "{name}");
            let found: Vec<i64> = raised.entries.values().map(|entry| entry.version).collect();
            assert_eq!(found, versions, "{name}");
            // Another server that served the same, and finds the raised state, raises nothing.
            assert!(!raised.clone().rise_above(&served), "{name}");
        }
    }

    #[test]
    fn a_removed_value_that_comes_back_rises() {
        let served = store(5, ("x", 3), ("b", 9));
        let mut without = store(6, ("x", 3), ("", 0));
        assert!(without.rise_above(&served));
        let mut again = store(8, ("x", 3), ("c", 2));
        assert!(again.rise_above(&without));
        assert_eq!(again.entries.values().map(|entry| entry.version).collect::<Vec<_>>(), [3, 10]);
    }

    #[test]
    fn a_store_without_a_state_has_served_nothing() {
        let mut first = store(1, ("x", 3), ("b", 1));
        assert!(!first.rise_above(&StateStore::waiting(Records::default())));
    }
}
