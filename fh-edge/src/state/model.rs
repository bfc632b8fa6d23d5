//! The parts of a state, normalised: every id is there, every piece of JSON is JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use fh_eval::{Kind, Profile};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::json::Json;
use super::permission::Permissions;

/// Everything that an Edge serves. The order of features is the order of answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// Counts changes through the admin API; see `If-Match` there.
    #[serde(default)]
    pub revision: u64,
    /// The features, once each; environments give them values.
    #[serde(default)]
    pub features: Vec<Feature>,
    /// Where features have values.
    #[serde(default)]
    pub environments: Vec<Environment>,
    /// Who may read and change what.
    #[serde(default)]
    pub accounts: Vec<Account>,
}

/// What a feature is, in every environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feature {
    /// Its id; percentages hash it. Absent in a file: a UUIDv5 of the key.
    pub id: Uuid,
    /// Its name in programs.
    pub key: Arc<str>,
    /// The type of its values.
    #[serde(rename = "type", with = "kind")]
    pub kind: Kind,
    /// The version of the definition, which counts in etags only.
    #[serde(default)]
    pub version: i64,
    /// Shown to accounts with `EXTENDED_DATA` (`fp`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// Accounts with filters see only features that share one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub filters: BTreeSet<String>,
}

/// Where features have values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    /// Its id, the first part of API keys.
    pub id: Uuid,
    /// Its name, for people.
    #[serde(default)]
    pub name: String,
    /// The `cache-control` of its answers, such as `max-age=60`, unless the server has one for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// Nobody should ask for it any more: 236, and `edge.stale` on streams.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// How server-evaluated keys are evaluated, if other than the server's choice (D-91).
    #[serde(default, deserialize_with = "super::profile::deserialize")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Its values by feature key. A feature without one: version 0, no value, or `false` if it is a BOOLEAN.
    #[serde(default)]
    pub values: BTreeMap<Arc<str>, FeatureValue>,
}

/// What a feature is worth in one environment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeatureValue {
    /// The value of everybody whom no strategy picks; `None` is null. For JSON features a JSON string that holds a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// The id that profile `edge` hashes in percentages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_id: Option<String>,
    /// The version; absent: the Edge counts (D-95).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// May only those with the permission change it?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
    /// Is it hidden from SDKs?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// Who gets another value, in order: FeatureHub's JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<Json>,
}

/// Who may read and change what: an SDK, a test, a team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// Its name, for people, logs and metrics.
    pub name: Arc<str>,
    /// Keys with a `*`: strategies are sent. Several while keys are rotated.
    #[serde(default, rename = "clientKey", skip_serializing_if = "Vec::is_empty")]
    pub client_keys: Vec<ServiceKey>,
    /// Keys without: the Edge evaluates.
    #[serde(default, rename = "serverKey", skip_serializing_if = "Vec::is_empty")]
    pub server_keys: Vec<ServiceKey>,
    /// Only features with one of these filters are seen; empty: all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub filters: BTreeSet<String>,
    /// What it may do, by environment id.
    #[serde(default)]
    pub permissions: BTreeMap<Uuid, Permissions>,
}

/// The secret part of an API key. `Debug` does not show it; serialising does, for files and the admin API.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceKey(Arc<str>);

impl ServiceKey {
    /// The longest that the platform's schema allows (edge-protocol 1.1).
    pub const MAX_LENGTH: usize = 400;

    /// Takes a key.
    ///
    /// # Errors
    /// Why it cannot be one, in words that do not hold it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("a key is empty");
        }
        if text.len() > Self::MAX_LENGTH {
            return Err("a key is longer than 400 bytes");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || "/\"'?&#%+".contains(c)) {
            return Err("a key holds a character that does not travel in URLs");
        }
        if text.contains("${") {
            return Err("a key holds ${, which stands for a variable in state files");
        }
        Ok(Self(text.into()))
    }

    /// The key itself. Do not print it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Are strategies sent to its holder? (edge-protocol 1.4)
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
    /// The value that it has where an environment gives it none.
    #[must_use]
    pub fn unset_value(&self) -> Option<Json> {
        (self.kind == Kind::Boolean).then(|| Json::boolean(false))
    }
}

impl State {
    /// The environment with this id.
    #[must_use]
    pub fn environment(&self, id: Uuid) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.id == id)
    }

    /// The feature with this key.
    #[must_use]
    pub fn feature(&self, key: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| &*feature.key == key)
    }
}

/// Types by their names on the wire.
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
                "`{name}` is no type; there are BOOLEAN, STRING, NUMBER, JSON"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_shown_and_travel() {
        assert_eq!(format!("{:?}", ServiceKey::new("secret*x").unwrap()), "***");
        assert!(ServiceKey::new("secret*x").unwrap().is_client_evaluated());
        for bad in ["", "a b", "a/b", "a\"", "a%2A", "a?b", "a+b", "a${b}", &"k".repeat(401)] {
            let error = ServiceKey::new(bad).unwrap_err();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn a_state_comes_back_as_it_was_written() {
        let text = r#"{"revision":3,"features":[{"id":"5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0","key":"A","type":"NUMBER","version":0,"filters":["web"]}],
            "environments":[{"id":"71ed3c04-122b-4312-9ea8-06b2b8d6ceac","name":"dev","profile":"edge",
                "values":{"A":{"value":7.50,"strategies":[{"id":"x","percentage":1}]}}}],
            "accounts":[{"name":"sdk","clientKey":["a*b"],"permissions":{"71ed3c04-122b-4312-9ea8-06b2b8d6ceac":["READ"]}}]}"#;
        let state: State = serde_json::from_str(text).unwrap();
        assert_eq!(state.environments[0].values["A"].value.as_ref().unwrap().as_str(), "7.50");
        assert_eq!(state.environments[0].profile, Some(Profile::Edge));
        let again: State = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(again, state);
    }
}
