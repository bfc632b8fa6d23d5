//! A single change as the log of a shared store holds it, and its application on another server.

use std::sync::Arc;

use uuid::Uuid;

use super::entry::Entry;
use super::store::StateStore;
use crate::state::FeatureValue;

/// The change of the value of one feature in one environment.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "cluster"), allow(dead_code))]
pub(crate) struct LoggedChange {
    pub(crate) environment: Uuid,
    /// The key of the feature.
    pub(crate) feature: Arc<str>,
    /// The name of the service account that made the change; `None` for the admin API and for the program that embeds the Edge.
    pub(crate) account: Option<Arc<str>>,
    /// The value after the change.
    pub(crate) value: FeatureValue,
    /// The version and the origin of the value after the change.
    pub(crate) entry: Entry,
}

impl StateStore {
    /// Makes a change that another server has decided. Returns false, and changes nothing, if the state has no such environment or
    /// feature.
    pub(crate) fn apply(&mut self, change: &LoggedChange) -> bool {
        let place = (change.environment, Arc::clone(&change.feature));
        let Some(entry) = self.entries.get_mut(&place) else { return false };
        *entry = change.entry.clone();
        self.highest = self.highest.max(change.entry.version);
        self.put_value(&place, Some(change.value.clone()));
        true
    }

    /// Sets the revision after the changes of another server.
    pub(crate) fn set_revision(&mut self, revision: u64) {
        self.state.revision = revision;
    }

    /// Changes or removes a value, without any change of its version. Does nothing if the state has no such environment.
    pub(super) fn put_value(&mut self, place: &(Uuid, Arc<str>), value: Option<FeatureValue>) {
        let environments = &mut self.state.environments;
        let Some(environment) = environments.iter_mut().find(|each| each.id == place.0) else {
            return;
        };
        match value {
            Some(value) => environment.values.insert(Arc::clone(&place.1), value),
            None => environment.values.remove(&place.1),
        };
    }
}
