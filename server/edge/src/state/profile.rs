//! Reads evaluation profiles by their names in files.

use fh_eval::Profile;
use serde::{Deserialize, Deserializer};

/// Reads a profile, which is `client`, `edge` or null. Null gives `None`, and any other value is an error.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Profile>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    name.map(|name| name.parse().map_err(serde::de::Error::custom)).transpose()
}
