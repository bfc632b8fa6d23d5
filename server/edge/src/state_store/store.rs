//! The state that is served, with its base and its changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use fh_eval::Timestamp;
use uuid::Uuid;

use super::entry::Entry;
use super::gone::{Gone, ValueId};
use super::record::{Fingerprint, Record, Records, ServedVersion, base_print, fingerprint};
use crate::serving::{Counting, ServedFeature};
use crate::state::{Environment, Feature, FeatureValue, State};

/// The state that is served, with the origin and version of each value.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateStore {
    /// The state that is served, with all changes.
    pub(super) state: State,
    /// One entry for each feature in each environment, by environment and feature key.
    pub(super) entries: BTreeMap<(Uuid, Arc<str>), Entry>,
    /// The fingerprint of the base that was read last; `None` until a base is loaded.
    pub(super) base: Option<Fingerprint>,
    /// The fingerprint of the base that the admin API has replaced, and the state that replaces it. `None` if the base itself is served.
    replaced: Option<(Fingerprint, Arc<State>)>,
    /// The highest version of any value that was served, or a higher number. If the base states no version for a value, its first version
    /// is a time, which is at least this version, even if the clock was set back.
    pub(super) highest: i64,
    pub(super) gone: Gone,
    /// The content of the change store, until the first base is loaded; `None` from then on.
    waiting: Option<Records>,
}

impl StateStore {
    /// Makes a store without a base. It keeps the stored changes until a base is loaded.
    pub(crate) fn waiting(records: Records) -> Self {
        Self { waiting: Some(records), ..Self::default() }
    }

    /// Makes a store from a base and the content of the change store.
    pub(crate) fn open(base: State, records: Records, now: Timestamp) -> Self {
        let base_print = base_print(&base);
        let (replaced, start) = match records.replacement {
            Some((print, state)) if print == base_print => {
                let start = State::clone(&state);
                (Some((print, state)), start)
            }
            _ => (None, base),
        };
        // This concerns values for which the base states no version, and whose earlier version is not recorded. If the base is unchanged, they
        // get the highest of the earlier versions. If the base has changed, readers may hold unknown versions, so these values get new ones.
        let (versions_from, highest) = match records.base {
            Some((print, version)) if print == base_print && version > 0 => {
                (Timestamp::from_millis(version), 0)
            }
            // A version must not be used twice, even if the clock was set back (D-117).
            _ if records.highest > 0 => (now, records.highest.saturating_add(1)),
            _ => (now, 0),
        };
        let mut store = Self { base: Some(base_print), replaced, highest, ..Self::default() };
        store.state.revision = start.revision.max(records.revision);
        store.take(start, versions_from);
        store.highest = store.highest.max(records.highest);
        for record in records.changes {
            store.restore(record);
        }
        store.remember(records.versions, records.forgotten);
        store
    }

    /// Raises the version of each value in `versions` above the version that was served before the start. If the value is the same
    /// as before the start, or the feature has no value, the version is raised only to the earlier version. `forgotten` is the highest
    /// evicted version, or 0. If it is above 0, the version of each value that `versions` does not contain is raised above it.
    fn remember(&mut self, versions: Vec<ServedVersion>, forgotten: i64) {
        self.gone = Gone::new(forgotten);
        // The order of removal is not recorded. The lowest versions count as the first ones, so that an eviction raises the highest evicted
        // version as little as possible.
        let mut removed: Vec<(ValueId, i64)> = Vec::new();
        let state = std::mem::take(&mut self.state);
        let features: HashMap<&str, &Feature> =
            state.features.iter().map(|feature| (&*feature.key, feature)).collect();
        let environments: HashMap<Uuid, &Environment> =
            state.environments.iter().map(|each| (each.id, each)).collect();
        let places = self.entries.iter();
        let places: HashMap<ValueId, (Uuid, Arc<str>)> = places
            .map(|(place, entry)| ((place.0, entry.feature), (place.0, Arc::clone(&place.1))))
            .collect();
        // A value without a known version may have been served with an evicted version.
        let known: HashSet<ValueId> =
            versions.iter().map(|served| (served.environment, served.feature)).collect();
        for ((environment, _), entry) in &mut self.entries {
            if forgotten > 0 && !known.contains(&(*environment, entry.feature)) {
                entry.rise_above(forgotten);
                self.highest = self.highest.max(entry.version);
            }
        }
        for served in versions {
            let id = (served.environment, served.feature);
            let Some(place) = places.get(&id) else {
                removed.push((id, served.version));
                continue;
            };
            let (is_same, has_record) = match features.get(&*place.1) {
                Some(feature) => {
                    let values = environments.get(&place.0).map(|each| &each.values);
                    let value = values.and_then(|values| values.get(&place.1));
                    let entry = self.entries.get(place);
                    let is_same = match entry.and_then(Entry::unchanged) {
                        Some(print) => served.served.as_ref() == Some(print),
                        None => served.served == Some(fingerprint(feature, value)),
                    };
                    (is_same, value.is_some() || feature.unset_value().is_some())
                }
                None => (false, false),
            };
            if let Some(entry) = self.entries.get_mut(place) {
                // A feature without a value record gets no new version (edge-protocol 2.6).
                match is_same || !has_record {
                    // Readers hold this value with this version, so it needs no new one, and its record does not change.
                    true if entry.counting == Counting::IsATime => entry.version = served.version,
                    true => entry.version = entry.version.max(served.version),
                    false => entry.rise_above(served.version),
                }
                self.highest = self.highest.max(entry.version);
            }
        }
        removed.sort_by_key(|(_, version)| *version);
        removed.into_iter().for_each(|(id, version)| self.gone.add(id, version));
        self.state = state;
    }

    /// Returns the versions of all served values, and of the removed values that are kept one by one.
    fn versions(&self) -> Vec<ServedVersion> {
        let gone = self.gone.iter().map(|((environment, feature), version)| ServedVersion {
            environment,
            feature,
            version,
            served: None,
            is_changed: false,
        });
        let served = self.entries.iter().filter_map(|(place, entry)| {
            let value = || Some(fingerprint(self.state.feature(&place.1)?, self.value(place)));
            let served = entry.unchanged().cloned().or_else(value)?;
            Some(ServedVersion {
                environment: place.0,
                feature: entry.feature,
                version: entry.version,
                served: Some(served),
                is_changed: entry.is_changed && entry.base.is_some() && self.value(place).is_some(),
            })
        });
        gone.chain(served).collect()
    }

    /// Returns the state that is served.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Returns the highest version of any value that was served, or a higher number.
    pub(crate) fn highest(&self) -> i64 {
        self.highest
    }

    /// Returns true once a base is loaded.
    pub(crate) fn is_open(&self) -> bool {
        self.waiting.is_none()
    }

    /// Loads a base that was read for the first time or again. Values that are the same in the old and the new base keep their changes. If
    /// the admin API has replaced the base, the replacement is served until the base differs.
    pub(crate) fn reload(&mut self, base: State, now: Timestamp) {
        if let Some(records) = self.waiting.take() {
            *self = Self::open(base, records, now);
            return;
        }
        let print = base_print(&base);
        if self.replaced.as_ref().is_some_and(|(replaced, _)| *replaced == print) {
            return;
        }
        self.replaced = None;
        self.base = Some(print);
        self.take(base, now);
        self.count();
    }

    /// Loads a base that an operator imports. Unlike [`Self::reload`], the base also takes the place of a state that the admin API has set.
    pub(crate) fn import(&mut self, base: State, now: Timestamp) {
        let before = self.state.revision;
        self.replaced = None;
        self.reload(base, now);
        if self.state.revision == before {
            self.count();
        }
    }

    /// Replaces the whole state with one from the admin API, and drops all earlier changes of single feature values. `base` is the state that
    /// was last read from the source of states, such as a state file.
    pub(crate) fn replace(&mut self, base: &State, state: State, now: Timestamp) {
        if let Some(records) = self.waiting.take() {
            *self = Self::open(base.clone(), Records { changes: Vec::new(), ..records }, now);
        }
        let print = base_print(base);
        self.base = Some(print.clone());
        self.replaced = Some((print, Arc::new(state.clone())));
        self.entries.values_mut().for_each(Entry::forget_base);
        self.take(state, now);
        self.count();
    }

    /// Increments the revision of the state.
    pub(super) fn count(&mut self) {
        self.state.revision = self.state.revision.saturating_add(1);
    }

    /// Serves `state` as the new base of all entries. Values that are the same in the old and the new base keep their changes.
    fn take(&mut self, mut state: State, now: Timestamp) {
        state.revision = self.state.revision.max(state.revision);
        let mut entries = BTreeMap::new();
        let mut gone = std::mem::take(&mut self.gone);
        let mut left: BTreeMap<ValueId, i64> = self
            .entries
            .iter()
            .map(|((environment, _), entry)| ((*environment, entry.feature), entry.version))
            .collect();
        for environment in &mut state.environments {
            for feature in &state.features {
                let base = environment.values.get(&feature.key);
                let print = fingerprint(feature, base);
                let place = (environment.id, Arc::clone(&feature.key));
                let known = self.entries.remove(&place);
                let id = (environment.id, feature.id);
                let is_another = known.as_ref().is_none_or(|known| known.feature != feature.id);
                let mut entry = match known {
                    Some(entry) if entry.base.as_ref() == Some(&print) => {
                        if let Some(value) = self.value(&place).filter(|_| entry.is_changed) {
                            // The accepted warnings are those of the base, because no change of a value changes them.
                            let accept = base.map(|base| base.accept.clone()).unwrap_or_default();
                            let value = FeatureValue { accept, ..value.clone() };
                            environment.values.insert(Arc::clone(&feature.key), value);
                        }
                        Entry { feature: feature.id, ..entry }
                    }
                    other => {
                        let looks_the_same =
                            other.is_some() && fingerprint(feature, self.value(&place)) == print;
                        Entry::new(print, feature, base, other, looks_the_same, now, self.highest)
                    }
                };
                // If the feature had another key before, or was removed for a while, readers may hold a version of it.
                let served = left.remove(&id).unwrap_or_else(|| gone.take(id));
                if is_another && served > 0 {
                    entry.rise_above(served);
                }
                entries.insert(place, entry);
            }
        }
        self.highest =
            self.highest.max(entries.values().map(|entry| entry.version).max().unwrap_or(0));
        self.entries = entries;
        left.into_iter().for_each(|(id, version)| gone.add(id, version));
        self.gone = gone;
        self.state = state;
    }

    pub(super) fn value(&self, place: &(Uuid, Arc<str>)) -> Option<&FeatureValue> {
        self.state.environment(place.0)?.values.get(&place.1)
    }

    /// Restores a recorded change, unless its feature or environment does not exist any more. If the value in the base has changed since
    /// the change was recorded, the recorded value is dropped, and the version is raised above the recorded version.
    fn restore(&mut self, record: Record) {
        let place = (record.environment, Arc::clone(&record.feature));
        let Some(entry) = self.entries.get_mut(&place) else { return };
        if entry.base.as_ref() != Some(&record.base) {
            entry.rise_above(record.version);
            return;
        }
        entry.version = record.version;
        entry.counting = Counting::Counts;
        entry.is_changed = true;
        let environments = &mut self.state.environments;
        if let Some(environment) =
            environments.iter_mut().find(|each| each.id == record.environment)
        {
            environment.values.insert(record.feature, record.value);
        }
    }

    /// Returns the record of a value; `None` if the feature or environment is unknown, if neither the value nor its version differs from
    /// the base, or if there is no value record.
    pub(crate) fn record(&self, environment: Uuid, feature: &Arc<str>) -> Option<Record> {
        let place = (environment, Arc::clone(feature));
        let entry = self.entries.get(&place).filter(|entry| entry.is_changed)?;
        Some(Record {
            environment,
            feature: Arc::clone(feature),
            id: entry.feature,
            base: entry.base.clone()?,
            version: entry.version,
            served: fingerprint(self.state.feature(feature)?, self.value(&place)),
            value: self.value(&place)?.clone(),
        })
    }

    /// Returns the origin and version of a value; `None` if the feature or environment is unknown.
    pub(super) fn entry(&self, place: &(Uuid, Arc<str>)) -> Option<&Entry> {
        self.entries.get(place)
    }

    /// Returns everything that the change store has to hold, including a replacement of the base.
    pub(crate) fn records(&self) -> Records {
        if let Some(waiting) = &self.waiting {
            return waiting.clone();
        }
        let places = self.entries.keys();
        let times = self.entries.values().filter(|entry| entry.counting == Counting::IsATime);
        let last = times.map(|entry| entry.version).max().unwrap_or(0);
        Records {
            revision: self.state.revision,
            highest: self.highest,
            versions: self.versions(),
            forgotten: self.gone.forgotten(),
            base: self.base.clone().map(|print| (print, last)),
            replacement: self.replaced.clone(),
            changes: places
                .filter_map(|(environment, feature)| self.record(*environment, feature))
                .collect(),
        }
    }

    /// Returns the features of an environment as they are served. `before` are the features that were served before.
    pub(crate) fn served(
        &self,
        environment: &Environment,
        before: &[Arc<ServedFeature>],
    ) -> Vec<ServedFeature> {
        let before: HashMap<Uuid, &ServedFeature> =
            before.iter().map(|feature| (feature.id, &**feature)).collect();
        let features = self.state.features.iter();
        let served = |feature: &Feature| {
            self.served_feature(environment, feature, before.get(&feature.id).copied())
        };
        features.map(served).collect()
    }

    /// Returns one feature of an environment as it is served; `None` if there is no feature with this key.
    pub(crate) fn served_one(&self, environment: &Environment, key: &str) -> Option<ServedFeature> {
        Some(self.served_feature(environment, self.state.feature(key)?, None))
    }

    fn served_feature(
        &self,
        environment: &Environment,
        feature: &Feature,
        before: Option<&ServedFeature>,
    ) -> ServedFeature {
        let entry = self.entry(&(environment.id, Arc::clone(&feature.key)));
        let (version, counting) =
            entry.map_or((0, Counting::Counts), |entry| (entry.version, entry.counting));
        let value = environment.values.get(&feature.key);
        let unset = || {
            let value = feature.unset_value()?;
            Some(FeatureValue { value: Some(value), ..FeatureValue::default() })
        };
        let record = value.cloned().or_else(unset);
        ServedFeature::new(feature, record.as_ref(), version, counting, before)
    }
}

#[cfg(test)]
mod tests;
