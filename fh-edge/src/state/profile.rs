//! Reads evaluation profiles by their names in files.

use fh_eval::Profile;
use serde::{Deserialize, Deserializer};

/// Reads `client`, `edge` or null.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Profile>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    name.map(|name| name.parse().map_err(serde::de::Error::custom)).transpose()
}
