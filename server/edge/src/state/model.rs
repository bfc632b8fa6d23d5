//! The parts of a state in their normal form, in which every feature and environment has an id and every JSON text is valid.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use fh_eval::{Kind, Profile};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::json::Json;
use super::permission::Permissions;

/// Everything that an Edge with its own state serves. Responses list features in the order of [`Self::features`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// The revision of the state. A change that is made while an Edge serves the state increments the revision. The admin API compares the
    /// revision with the `If-Match` header of a request.
    #[serde(default)]
    pub revision: u64,
    /// The definitions of the features, which are the same in all environments.
    #[serde(default)]
    pub features: Vec<Feature>,
    /// The environments, which hold the values of features.
    #[serde(default)]
    pub environments: Vec<Environment>,
    /// The accounts, which hold API keys and their permissions.
    #[serde(default)]
    pub accounts: Vec<Account>,
}

/// The definition of a feature, which is the same in every environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feature {
    /// The id of the feature. Rollout percentages hash this id. Under profile `edge` they hash [`FeatureValue::value_id`] instead, if there
    /// is one. If a state file gives no id, the id is a UUIDv5 of the key.
    pub id: Uuid,
    /// The key, by which programs read the feature.
    pub key: Arc<str>,
    /// The type of the feature's values.
    #[serde(rename = "type", with = "kind")]
    pub kind: Kind,
    /// The version of the definition, which etags depend on. SDKs do not receive this version.
    #[serde(default)]
    pub version: i64,
    /// The properties, which only accounts with the permission `EXTENDED_DATA` receive, as the member `fp` of the feature.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// The filters of the feature. An account with filters sees only features that have at least one of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub filters: BTreeSet<String>,
}

/// An environment, in which features have values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    /// The id of the environment, which is the first part of its API keys.
    pub id: Uuid,
    /// The name of the environment, for people. It is empty if the environment has no name.
    #[serde(default)]
    pub name: String,
    /// The `cache-control` header of responses for this environment, such as `max-age=60`. If the server has a value for all environments,
    /// that value is used instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// True if clients should send no more polls for the environment. A poll of only stale environments is answered with status 236, and
    /// streams send `edge.stale`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// The profile with which the Edge evaluates features for server-evaluated keys. `None` means the profile of the server's settings.
    #[serde(default, deserialize_with = "profile")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The values by feature key. A feature that is missing in this map has no value, except that a missing BOOLEAN has the value `false`.
    #[serde(default)]
    pub values: BTreeMap<Arc<str>, FeatureValue>,
}

/// The value of a feature in one environment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeatureValue {
    /// The default value, for contexts that match no strategy. `None` is null. The value of a JSON feature is a JSON string that is empty
    /// or whose content is a JSON document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// The id of the value record, which profile `edge` hashes for percentages. If it is `None`, that profile hashes the feature's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_id: Option<String>,
    /// The version of the value. If it is `None`, the Edge assigns versions itself. The Edge serves a higher version if necessary,
    /// because the version of a feature never decreases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// True if the feature is locked. A PUT can then change the value only if it also unlocks the feature.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
    /// True if the feature is hidden from SDKs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// The rollout strategies in order, each in FeatureHub's JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<Json>,
    /// The names of the checks of `fh lint` whose warnings about the strategies are accepted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accept: BTreeSet<String>,
}

/// A service account: API keys with the same permissions, for instance the keys of one program, test or team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The name of the account, for people, logs and metrics.
    pub name: Arc<str>,
    /// The client-evaluated keys, which contain a `*`. Clients with such a key receive the strategies. There may be several, for example
    /// while keys are rotated.
    #[serde(default, rename = "clientKey", skip_serializing_if = "Vec::is_empty")]
    pub client_keys: Vec<ServiceKey>,
    /// The server-evaluated keys, which contain no `*`. The Edge evaluates features for clients with such a key.
    #[serde(default, rename = "serverKey", skip_serializing_if = "Vec::is_empty")]
    pub server_keys: Vec<ServiceKey>,
    /// The filters of the account. If there are any, the account sees only features that have at least one of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub filters: BTreeSet<String>,
    /// The permissions of the account, by environment id.
    #[serde(default)]
    pub permissions: BTreeMap<Uuid, Permissions>,
}

/// The secret part of an API key. `Debug` prints `***` instead of the secret. Serialization writes the secret, because state files and the
/// admin API contain it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceKey(Arc<str>);

impl ServiceKey {
    /// The maximum length of a key in bytes, as in the platform's schema. A longer key is not valid.
    const MAX_LENGTH: usize = 400;

    /// Creates a key from its text.
    ///
    /// # Errors
    /// Returns the reason why the text is not a valid key. The reason does not contain the text.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("a key is empty");
        }
        if text.len() > Self::MAX_LENGTH {
            return Err("a key is longer than 400 bytes");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || "/\"'?&#%+".contains(c)) {
            return Err("a key contains a character that is not allowed in URLs");
        }
        if text.contains("${") {
            return Err("a key contains ${, which begins a variable in state files");
        }
        Ok(Self(text.into()))
    }

    /// Returns the text of the key. Do not log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns true if clients with this key receive the strategies and evaluate features themselves.
    #[must_use]
    pub fn is_client_evaluated(&self) -> bool {
        self.0.contains('*')
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for ServiceKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ServiceKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Feature {
    /// Returns the value in environments that give the feature no value: `false` for a BOOLEAN, else `None`.
    pub(crate) fn unset_value(&self) -> Option<Json> {
        (self.kind == Kind::Boolean).then(|| Json::boolean(false))
    }
}

impl State {
    /// Returns the environment with this id, or `None` if there is none.
    #[must_use]
    pub fn environment(&self, id: Uuid) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.id == id)
    }

    /// Returns the feature with this key, or `None` if there is none.
    #[must_use]
    pub fn feature(&self, key: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| &*feature.key == key)
    }
}

/// Serializes and deserializes feature types by their names in the protocol.
mod kind {
    use super::{Deserialize, Deserializer, Kind, Serializer};

    pub(super) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Kind, D::Error> {
        let name = String::deserialize(deserializer)?;
        Kind::from_wire(&name).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{name}` is no type; the types are BOOLEAN, STRING, NUMBER, JSON"
            ))
        })
    }
}

/// Reads a profile, which is `client`, `edge` or null. Null gives `None`, and any other value is an error.
fn profile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Profile>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    name.map(|name| name.parse().map_err(serde::de::Error::custom)).transpose()
}
