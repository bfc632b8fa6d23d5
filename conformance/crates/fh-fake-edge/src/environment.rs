//! Features, and what a test does with them.
use serde_json::Value;

use crate::edge::{ENVIRONMENT, EdgeHandle};
use crate::feature::Feature;
use crate::lock::locked;
use crate::world::World;

/// Features and environments.
impl EdgeHandle {
    /// The features of another environment, which is made if there is none of this id.
    pub fn environment(&self, id: &str) -> EnvironmentHandle {
        let id = id.to_ascii_lowercase();
        locked(&self.server.world).add_environment(&id);
        EnvironmentHandle { edge: self.clone(), id }
    }

    fn default_environment(&self) -> EnvironmentHandle {
        EnvironmentHandle { edge: self.clone(), id: ENVIRONMENT.to_owned() }
    }

    /// Forgets an environment: its keys are unknown from now on. Open streams are not told.
    pub fn remove_environment(&self, id: &str) {
        locked(&self.server.world).remove_environment(&id.to_ascii_lowercase());
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

/// The features of one environment.
#[derive(Clone, Debug)]
pub struct EnvironmentHandle {
    edge: EdgeHandle,
    id: String,
}

impl EnvironmentHandle {
    /// The environment's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn world<T>(&self, act: impl FnOnce(&mut World, &str) -> T) -> T {
        act(&mut locked(&self.edge.server.world), &self.id)
    }

    /// Adds a feature, or puts it in the place of the one with the same key or the same id (a
    /// rename), exactly as given: the version is not touched. Open streams get `feature`.
    pub fn set_feature(&self, feature: impl Into<Feature>) {
        let feature = feature.into();
        self.world(|world, id| world.put(id, feature));
    }

    /// Sets a value and raises the version, which is returned; null takes the value away. An unknown
    /// feature is made, of the type that the value has. Open streams get `feature`.
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

    /// Changes a feature in any way and raises its version, which is returned; `None` if there is no
    /// such feature. Open streams get `feature`.
    pub fn change(&self, key: &str, change: impl FnOnce(Feature) -> Feature) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| *feature = change(feature.clone())))
    }

    /// Locks and raises the version. Open streams get `feature`.
    pub fn lock(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| feature.set("l", true.into())))
    }

    /// Unlocks and raises the version. Open streams get `feature`.
    pub fn unlock(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| feature.set("l", false.into())))
    }

    /// Retires: the feature leaves all lists, and open streams get `delete_feature` with a raised
    /// version. Any later change brings it back.
    pub fn retire(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.retire(id, key))
    }

    /// Deletes for good; `false` if there is no such feature. Open streams get `delete_feature` with
    /// version 0 and without a value.
    pub fn delete_feature(&self, key: &str) -> bool {
        self.world(|world, id| world.delete(id, key))
    }

    /// Makes this the whole list. Open streams get the differences, deletes first.
    pub fn replace_all(&self, features: impl IntoIterator<Item = Feature>) {
        let features = features.into_iter().collect();
        self.world(|world, id| world.replace(id, features));
    }

    /// The feature as it is kept.
    pub fn feature(&self, key: &str) -> Option<Value> {
        self.world(|world, id| world.feature(id, key).map(Feature::json))
    }
}
