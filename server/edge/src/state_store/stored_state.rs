//! The JSON forms in which the database of a cluster holds the whole state and single changes. A member that this version does not know is
//! an error, because a server that ignored it would differ from the others.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entry::Entry;
use super::gone::Gone;
use super::logged_change::LoggedChange;
use super::record::Fingerprint;
use super::store::StateStore;
use crate::serving::Counting;
use crate::state::{FeatureValue, State};

/// The stored form of the whole state.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredState<'a> {
    state: Cow<'a, State>,
    entries: Vec<StoredEntryOf<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    highest: i64,
    /// The environment, the feature and the version of each removed value that is kept one by one, in the order of removal.
    removed: Vec<(Uuid, Uuid, i64)>,
    forgotten: i64,
}

/// The entry of one value, with its place.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredEntryOf<'a> {
    environment: Uuid,
    feature: Cow<'a, str>,
    entry: StoredEntry,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredEntry {
    feature: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    version: i64,
    /// True if the version is only a time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_time: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_changed: bool,
}

/// The stored form of one change.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredChange<'a> {
    environment: Uuid,
    feature: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<Cow<'a, str>>,
    value: Cow<'a, FeatureValue>,
    entry: StoredEntry,
}

impl From<&Entry> for StoredEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            feature: entry.feature,
            base: entry.base.as_ref().map(ToString::to_string),
            version: entry.version,
            is_time: entry.counting == Counting::IsATime,
            is_changed: entry.is_changed,
        }
    }
}

impl From<StoredEntry> for Entry {
    fn from(stored: StoredEntry) -> Self {
        Self {
            feature: stored.feature,
            base: stored.base.as_deref().map(Fingerprint::from),
            version: stored.version,
            counting: if stored.is_time { Counting::IsATime } else { Counting::Counts },
            is_changed: stored.is_changed,
        }
    }
}

impl StateStore {
    /// Returns the stored form of the state. A replacement of the base by the admin API is not stored, because the base of a cluster is
    /// imported once, and not read again.
    pub(crate) fn to_stored(&self) -> Result<String, String> {
        let entries = self.entries.iter().map(|((environment, feature), entry)| StoredEntryOf {
            environment: *environment,
            feature: Cow::Borrowed(feature),
            entry: entry.into(),
        });
        let removed = self.gone.iter();
        let stored = StoredState {
            state: Cow::Borrowed(&self.state),
            entries: entries.collect(),
            base: self.base.as_ref().map(ToString::to_string),
            highest: self.highest,
            removed: removed
                .map(|((environment, id), version)| (environment, id, version))
                .collect(),
            forgotten: self.gone.forgotten(),
        };
        serde_json::to_string(&stored).map_err(|why| why.to_string())
    }

    /// Reads the state from its stored form, exactly as it was stored.
    pub(crate) fn from_stored(text: &str) -> Result<Self, String> {
        let stored: StoredState<'_> = serde_json::from_str(text).map_err(|why| why.to_string())?;
        let state = stored.state.into_owned();
        state.check().map_err(|why| why.to_string())?;
        let mut gone = Gone::new(stored.forgotten);
        for (environment, id, version) in stored.removed {
            gone.add((environment, id), version);
        }
        let entries = stored.entries.into_iter();
        let entries = entries.map(|StoredEntryOf { environment, feature, entry }| {
            ((environment, Arc::from(&*feature)), entry.into())
        });
        let mut store = Self::default();
        store.entries = entries.collect();
        store.base = stored.base.as_deref().map(Fingerprint::from);
        store.highest = stored.highest;
        store.gone = gone;
        store.state = state;
        Ok(store)
    }

    /// Applies the changes of a commit in their stored form.
    pub(crate) fn apply_stored(&mut self, changes: &str) -> Result<(), String> {
        match read_changes(changes)?.iter().all(|change| self.apply(change)) {
            true => Ok(()),
            false => Err("the log names a feature that the state does not have".into()),
        }
    }
}

/// Returns the stored form of changes.
pub(crate) fn write_changes(changes: &[LoggedChange]) -> Result<String, String> {
    let stored: Vec<StoredChange<'_>> = changes
        .iter()
        .map(|change| StoredChange {
            environment: change.environment,
            feature: Cow::Borrowed(&change.feature),
            account: change.account.as_deref().map(Cow::Borrowed),
            value: Cow::Borrowed(&change.value),
            entry: (&change.entry).into(),
        })
        .collect();
    serde_json::to_string(&stored).map_err(|why| why.to_string())
}

/// Reads changes from their stored form.
pub(crate) fn read_changes(text: &str) -> Result<Vec<LoggedChange>, String> {
    let stored: Vec<StoredChange<'_>> =
        serde_json::from_str(text).map_err(|why| why.to_string())?;
    let changes = stored.into_iter().map(|change| LoggedChange {
        environment: change.environment,
        feature: Arc::from(&*change.feature),
        account: change.account.map(|account| Arc::from(&*account)),
        value: change.value.into_owned(),
        entry: change.entry.into(),
    });
    Ok(changes.collect())
}

#[cfg(test)]
mod tests {
    use fh_eval::Timestamp;

    use super::*;
    use crate::state_store::{FeatureChange, Records};

    const STATE: &str = r#"{"features":[{"id":"00000000-0000-0000-0000-000000000001","key":"A","type":"NUMBER"},
        {"id":"00000000-0000-0000-0000-000000000002","key":"B","type":"BOOLEAN"}],
        "environments":[{"id":"71ed3c04-122b-4312-9ea8-06b2b8d6ceac","values":{"A":{"value":7.50,"version":3}}}]}"#;

    fn store() -> StateStore {
        let mut store = StateStore::open(
            serde_json::from_str(STATE).unwrap(),
            Records::default(),
            Timestamp::from_millis(1_000),
        );
        let place = (store.state.environments[0].id, Arc::from("A"));
        let lock = FeatureChange { locked: Some(true), ..FeatureChange::default() };
        store.patch(&place, &lock, Timestamp::from_millis(2_000)).unwrap();
        store.gone.add((Uuid::from_u128(7), Uuid::from_u128(8)), 9);
        store
    }

    #[test]
    fn a_state_is_read_as_it_was_stored() {
        let store = store();
        let text = store.to_stored().unwrap();
        assert!(text.contains("7.50"), "{text}");
        let read = StateStore::from_stored(&text).unwrap();
        assert_eq!(read.state, store.state);
        assert_eq!(read.to_stored().unwrap(), text);
        let before = store.clone();
        assert!(!read.clone().rise_above(&before));
        for wrong in [
            text.replace("\"highest\"", "\"other\":1,\"highest\""),
            text.replace("\"isChanged\"", "\"isOther\""),
            text.replace(
                "00000000-0000-0000-0000-000000000002",
                "00000000-0000-0000-0000-000000000001",
            ),
            "{}".to_owned(),
        ] {
            assert!(StateStore::from_stored(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_change_is_read_as_it_was_stored() {
        let mut store = store();
        let place = (store.state.environments[0].id, Arc::from("B"));
        let unlock = FeatureChange { locked: Some(true), ..FeatureChange::default() };
        let made =
            store.patch(&place, &unlock, Timestamp::from_millis(3_000)).unwrap().unwrap().made;
        let text = write_changes(&[made.unwrap()]).unwrap();
        let read = read_changes(&text).unwrap();
        assert_eq!(write_changes(&read).unwrap(), text);
        let mut other = self::store();
        assert!(read.iter().all(|change| other.apply(change)));
        other.set_revision(store.state.revision);
        assert_eq!(other.to_stored().unwrap(), store.to_stored().unwrap());
        assert!(read_changes(&text.replace("\"value\"", "\"values\"")).is_err());
    }
}
