//! What an Edge serves, as people write it down: features, environments with their values, accounts with their keys (D-93).

pub mod file;
mod json;
mod limits;
mod model;
mod permission;
mod profile;
mod unique;

pub use json::{Json, NotJson};
pub(crate) use limits::check_strategy;
pub use model::{Account, Environment, Feature, FeatureValue, ServiceKey, State};
pub use permission::{Permission, Permissions, UnknownPermission};
pub use unique::Duplicate;

/// A state file to start from, with comments. Ids of environments and the keys CLIENT*KEY, SERVER-KEY and TESTS*KEY in it are nobody's:
/// put others in their place.
pub const TEMPLATE: &str = include_str!("template.yaml");
