//! Environments, features and the changes that a test can make.
use crate::server::locked;
use serde_json::Value;

use crate::featurehub::edge::{ENVIRONMENT, EdgeHandle};
use crate::featurehub::feature::Feature;
use crate::featurehub::world::World;

/// Features and environments.
impl EdgeHandle {
    /// Returns a handle for the features of another environment. The environment is created if it does not exist.
    pub fn environment(&self, id: &str) -> EnvironmentHandle {
        let id = id.to_ascii_lowercase();
        locked(&self.server.world).add_environment(&id);
        EnvironmentHandle { edge: self.clone(), id }
    }

    fn default_environment(&self) -> EnvironmentHandle {
        EnvironmentHandle { edge: self.clone(), id: ENVIRONMENT.to_owned() }
    }

    /// See [`EnvironmentHandle::set_feature`].
    pub fn set_feature(&self, feature: impl Into<Feature>) {
        self.default_environment().set_feature(feature);
    }

    /// See [`EnvironmentHandle::set_value`].
    pub fn set_value(&self, key: &str, value: impl Into<Value>) -> u64 {
        self.default_environment().set_value(key, value)
    }

    /// See [`EnvironmentHandle::change`].
    pub fn change(&self, key: &str, change: impl FnOnce(Feature) -> Feature) -> Option<u64> {
        self.default_environment().change(key, change)
    }

    /// See [`EnvironmentHandle::lock`].
    pub fn lock(&self, key: &str) -> Option<u64> {
        self.default_environment().lock(key)
    }

    /// See [`EnvironmentHandle::unlock`].
    pub fn unlock(&self, key: &str) -> Option<u64> {
        self.default_environment().unlock(key)
    }

    /// See [`EnvironmentHandle::retire`].
    pub fn retire(&self, key: &str) -> Option<u64> {
        self.default_environment().retire(key)
    }

    /// See [`EnvironmentHandle::delete_feature`].
    pub fn delete_feature(&self, key: &str) -> bool {
        self.default_environment().delete_feature(key)
    }

    /// See [`EnvironmentHandle::replace_all`].
    pub fn replace_all(&self, features: impl IntoIterator<Item = Feature>) {
        self.default_environment().replace_all(features);
    }

    /// See [`EnvironmentHandle::feature`].
    pub fn feature(&self, key: &str) -> Option<Value> {
        self.default_environment().feature(key)
    }
}

/// A handle for the features of one environment.
#[derive(Clone, Debug)]
pub struct EnvironmentHandle {
    edge: EdgeHandle,
    id: String,
}

impl EnvironmentHandle {
    /// Returns the environment's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn world<T>(&self, act: impl FnOnce(&mut World, &str) -> T) -> T {
        act(&mut locked(&self.edge.server.world), &self.id)
    }

    /// Adds a feature, or replaces the one with the same key or the same id (a rename). The feature is stored as given: its version is not
    /// raised. Open streams get `feature`.
    pub fn set_feature(&self, feature: impl Into<Feature>) {
        let feature = feature.into();
        self.world(|world, id| world.put(id, feature));
    }

    /// Sets a value, raises the version and returns it. A null value removes the value. An unknown feature is created with the type of the
    /// value. Open streams get `feature`.
    pub fn set_value(&self, key: &str, value: impl Into<Value>) -> u64 {
        let value = value.into();
        self.world(|world, id| {
            let changed = world.change(id, key, |feature| feature.set("value", value.clone()));
            changed.unwrap_or_else(|| {
                world.put(id, Feature::of_value(key, value));
                1
            })
        })
    }

    /// Changes a feature with a function, raises its version and returns it; `None` if there is no such feature. Open streams get
    /// `feature`.
    pub fn change(&self, key: &str, change: impl FnOnce(Feature) -> Feature) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| *feature = change(feature.clone())))
    }

    /// Locks a feature, raises its version and returns it. Open streams get `feature`.
    pub fn lock(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| feature.set("l", true.into())))
    }

    /// Unlocks a feature, raises its version and returns it. Open streams get `feature`.
    pub fn unlock(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| feature.set("l", false.into())))
    }

    /// Retires a feature: it disappears from all lists, and open streams get `delete_feature` with a raised version. Any later change makes
    /// it active again.
    pub fn retire(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.retire(id, key))
    }

    /// Deletes a feature permanently. Returns false if there is no such feature. Open streams get `delete_feature` with version 0 and
    /// without a value.
    pub fn delete_feature(&self, key: &str) -> bool {
        self.world(|world, id| world.delete(id, key))
    }

    /// Replaces all features by this list. Open streams get the differences, deletes first.
    pub fn replace_all(&self, features: impl IntoIterator<Item = Feature>) {
        let features = features.into_iter().collect();
        self.world(|world, id| world.replace(id, features));
    }

    /// Returns the feature as it is stored.
    pub fn feature(&self, key: &str) -> Option<Value> {
        self.world(|world, id| world.feature(id, key).map(Feature::json))
    }
}
