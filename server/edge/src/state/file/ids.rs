//! The ids of features, environments and values for which a file gives no id.

use uuid::{Uuid, uuid};

/// The namespace of feature ids: the UUIDv5 of `https://featurehub.io/feature` in the namespace of URLs.
const FEATURES: Uuid = uuid!("4bef2455-0b81-558b-9580-d1d70e2b1d8c");
/// The namespace of environment ids: the UUIDv5 of `https://featurehub.io/environment` in the namespace of URLs.
const ENVIRONMENTS: Uuid = uuid!("aac11a6f-88b4-58c6-a56b-66c253622d18");

/// Returns the id of a feature for which a file gives no id: a UUIDv5 of the feature's key.
///
/// Under profile `client`, percentages hash this id. A feature that keeps its key therefore keeps its share of users, in every file that
/// gives no id and on every machine.
pub(crate) fn feature_id(key: &str) -> Uuid {
    Uuid::new_v5(&FEATURES, key.as_bytes())
}

/// Returns the id of an environment for which a file gives no id: a UUIDv5 of the environment's name.
pub(crate) fn environment_id(name: &str) -> Uuid {
    Uuid::new_v5(&ENVIRONMENTS, name.as_bytes())
}

/// Returns the id of a value for which a file gives no id. It is the UUIDv5 of the feature's key, with the environment's id as the
/// namespace.
pub(crate) fn value_id(environment: Uuid, key: &str) -> Uuid {
    Uuid::new_v5(&environment, key.as_bytes())
}
