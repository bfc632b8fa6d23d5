//! Checks that the keys and ids in a state are unique.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use uuid::Uuid;

use super::{Feature, ServiceKey, State};

/// The error for two parts of a state that have the same key or id. `Display` prints the paths of both parts, and never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Duplicate {
    /// The path of the later part, such as `features[3]` or `accounts[1].serverKey[0]`.
    pub path: String,
    /// The description of the key or id that both parts have, with the path of the earlier part.
    pub what: String,
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, what } = self;
        write!(f, "{path}: {what}")
    }
}

impl std::error::Error for Duplicate {}

/// The keys and ids that parts of a state have, with the paths or names of these parts. Each function records one key or id and fails if an
/// earlier part has the same one. The error is a text that names the earlier part.
#[derive(Default)]
pub(super) struct Uniques {
    feature_keys: Places<Arc<str>>,
    feature_ids: Places<Uuid>,
    environments: Places<Uuid>,
    keys: Places<ServiceKey>,
}

impl Uniques {
    pub(super) fn feature_key(&mut self, key: &Arc<str>, path: &str) -> Result<(), String> {
        let taken = self.feature_keys.record(Arc::clone(key), path);
        taken.map_err(|other| {
            format!("there are two features with the key {key}: this feature, and {other}")
        })
    }

    pub(super) fn feature_id(&mut self, id: Uuid, path: &str) -> Result<(), String> {
        let taken = self.feature_ids.record(id, path);
        taken.map_err(|other| format!("{other} has the same id"))
    }

    pub(super) fn environment(&mut self, id: Uuid, path: &str) -> Result<(), String> {
        let taken = self.environments.record(id, path);
        taken.map_err(|other| format!("{other} has the same id"))
    }

    pub(super) fn key(&mut self, key: &ServiceKey, path: &str) -> Result<(), String> {
        let taken = self.keys.record(key.clone(), path);
        taken.map_err(|other| format!("{other} has the same key: a key can be used only once"))
    }
}

/// The paths of the parts that hold values of one kind, by value. Each value must be unique.
struct Places<T>(HashMap<T, String>);

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + Hash> Places<T> {
    /// Records a value and the path of the part that holds it.
    ///
    /// # Errors
    /// Returns the path of the earlier part if another part holds the same value.
    fn record(&mut self, value: T, path: &str) -> Result<(), String> {
        match self.0.insert(value, path.to_owned()) {
            None => Ok(()),
            Some(other) => Err(other),
        }
    }
}

impl State {
    /// Checks that the keys and ids of features, the ids of environments, and the API keys are unique. States that were read from a file
    /// are already checked. An Edge calls this function for the states that it is given.
    ///
    /// # Errors
    /// Returns the first [`Duplicate`] that is found.
    pub fn check(&self) -> Result<(), Duplicate> {
        let mut uniques = Uniques::default();
        for (place, Feature { key, id, .. }) in self.features.iter().enumerate() {
            let path = format!("features[{place}]");
            let taken = uniques.feature_key(key, &path);
            let taken = taken.and_then(|()| uniques.feature_id(*id, &path));
            taken.map_err(|what| Duplicate { path, what })?;
        }
        for (place, environment) in self.environments.iter().enumerate() {
            let path = format!("environments[{place}]");
            let taken = uniques.environment(environment.id, &path);
            taken.map_err(|what| Duplicate { path, what })?;
        }
        for (place, account) in self.accounts.iter().enumerate() {
            for (member, keys) in
                [("clientKey", &account.client_keys), ("serverKey", &account.server_keys)]
            {
                for (number, key) in keys.iter().enumerate() {
                    let path = format!("accounts[{place}].{member}[{number}]");
                    uniques.key(key, &path).map_err(|what| Duplicate { path, what })?;
                }
            }
        }
        Ok(())
    }
}
