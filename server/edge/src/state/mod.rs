//! The state of an Edge that is not a relay: features, environments with their values, and accounts with their API keys.

mod answer_size;
mod feature_text;
pub mod file;
mod json;
mod limits;
mod model;
mod payload;
mod permission;
pub(crate) mod schema;
mod unique;

pub(crate) use answer_size::{CLIENT_LIMIT, LARGE_ANSWER, answer_size, mebibytes};
pub(crate) use feature_text::{FeatureText, TextMembers};
pub use json::{InvalidJson, Json};
pub(crate) use limits::check_strategy;
pub use model::{Account, Environment, Feature, FeatureValue, ServiceKey, State};
pub(crate) use payload::Payload;
pub use permission::{Permission, Permissions, UnknownPermission};
pub use unique::Duplicate;
