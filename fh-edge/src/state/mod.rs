//! What an Edge serves, as people write it down: features, environments with their values, accounts with their keys (D-93).

pub mod file;
mod json;
mod model;
mod permission;
mod profile;

pub use json::{Json, NotJson};
pub use model::{Account, Environment, Feature, FeatureValue, ServiceKey, State};
pub use permission::{Permission, Permissions, UnknownPermission};
