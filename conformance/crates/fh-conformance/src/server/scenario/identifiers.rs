//! The ids and keys of a server under the names of the scenarios' state.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::check::Failure;
use super::{Evaluated, standard};
use crate::case::Profile;

/// The ids and keys of a server. The names are those of the scenarios' state, so that a scenario can request the key of an account in an
/// environment of any server.
#[derive(Clone)]
pub struct Identifiers {
    /// The extent to which the state of the server is known.
    pub knowledge: StateKnowledge,
    /// The environments by name.
    pub environments: BTreeMap<String, KnownEnvironment>,
    /// The accounts by name.
    pub accounts: BTreeMap<String, AccountKeys>,
    /// With an unknown state: the keys of the features that scenarios may change.
    pub features: BTreeMap<FeatureType, String>,
}

/// The extent to which the state of a server is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKnowledge {
    /// The server has the scenarios' state: its features with their values and strategies, under ids and keys of its own.
    Scenarios,
    /// The features and their values are not known.
    Unknown,
}

/// The types of features, in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeatureType {
    /// BOOLEAN
    Boolean,
    /// JSON
    Json,
    /// NUMBER
    Number,
    /// STRING
    String,
}

impl FeatureType {
    /// All types.
    pub const ALL: [Self; 4] = [Self::Boolean, Self::String, Self::Number, Self::Json];

    /// Returns the name that target files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Json => "json",
            Self::Number => "number",
            Self::String => "string",
        }
    }

    /// Returns the type of a feature of the scenarios' state that some scenarios use for its type alone.
    fn of(feature: &str) -> Option<Self> {
        match feature {
            "FLAG" | "LOCKED" => Some(Self::Boolean),
            "COLOUR" | "SCRATCH" => Some(Self::String),
            "PRICE" => Some(Self::Number),
            "LAYOUT" => Some(Self::Json),
            _ => None,
        }
    }
}

/// An environment of a server.
#[derive(Debug, Clone)]
pub struct KnownEnvironment {
    /// The id.
    pub id: String,
    /// The profile in which the server evaluates the features for server-evaluated keys.
    pub profile: Profile,
    /// The id of the value of the feature SPLIT, which the server hashes in profile `edge`.
    pub split_value_id: Option<String>,
}

impl KnownEnvironment {
    /// Returns the id of the value of the feature SPLIT in this environment.
    pub(super) fn split_value_id(&self, name: &str) -> Result<String, Failure> {
        let id = self.split_value_id.clone();
        id.ok_or_else(|| Failure::Lacks(format!("environments.{name}.splitValueId")))
    }
}

/// The secret parts of an account's keys.
#[derive(Clone, Default)]
pub struct AccountKeys {
    /// Of the client-evaluated key.
    pub client: Option<String>,
    /// Of the server-evaluated key.
    pub server: Option<String>,
}

impl Identifiers {
    /// Returns the ids and keys of the scenarios' state itself.
    #[must_use]
    pub fn standard() -> &'static Self {
        static STANDARD: LazyLock<Identifiers> = LazyLock::new(|| of_state(&standard()));
        &STANDARD
    }

    /// Returns what is known about the state of the server.
    #[must_use]
    pub fn knowledge(&self) -> StateKnowledge {
        self.knowledge
    }

    /// Returns an environment.
    ///
    /// # Errors
    /// [`Failure::Lacks`] if the server has no environment of this name.
    pub fn environment(&self, name: &str) -> Result<&KnownEnvironment, Failure> {
        let environment = self.environments.get(name);
        environment.ok_or_else(|| Failure::Lacks(format!("environments.{name}")))
    }

    /// Returns the API key of an account for an environment.
    ///
    /// # Errors
    /// [`Failure::Lacks`] if the server has no such environment, account or key.
    pub fn key(
        &self,
        account: &str,
        environment: &str,
        evaluated: Evaluated,
    ) -> Result<String, Failure> {
        let id = &self.environment(environment)?.id;
        let keys = self.accounts.get(account);
        let keys = keys.ok_or_else(|| Failure::Lacks(format!("accounts.{account}")))?;
        let (secret, name) = match evaluated {
            Evaluated::ByClient => (&keys.client, "clientKey"),
            Evaluated::ByServer => (&keys.server, "serverKey"),
        };
        let secret = secret.as_ref();
        let secret = secret.ok_or_else(|| Failure::Lacks(format!("accounts.{account}.{name}")))?;
        Ok(format!("{id}/{secret}"))
    }

    /// Returns the key that the server uses for a feature of the scenarios' state. Other names, such as those of features that do not
    /// exist, are returned unchanged.
    ///
    /// # Errors
    /// [`Failure::Lacks`] if the state of the server is unknown, and no feature of that type may be changed.
    pub fn feature_key(&self, name: &str) -> Result<String, Failure> {
        match (self.knowledge, FeatureType::of(name)) {
            (StateKnowledge::Unknown, Some(kind)) => {
                let key = self.features.get(&kind).cloned();
                key.ok_or_else(|| Failure::Lacks(format!("features.{}", kind.name())))
            }
            _ => Ok(name.to_owned()),
        }
    }

    /// Returns the secret parts of all keys, each with a name that reports may show in its place.
    #[must_use]
    pub fn secrets(&self) -> Vec<(String, &str)> {
        let mut secrets = Vec::new();
        for (account, keys) in &self.accounts {
            for (name, secret) in [("clientKey", &keys.client), ("serverKey", &keys.server)] {
                secrets
                    .extend(secret.as_deref().map(|secret| (format!("{account}.{name}"), secret)));
            }
        }
        secrets
    }

    /// Returns the names of everything in the scenarios' state that the server lacks.
    #[must_use]
    pub fn lacks(&self) -> Vec<String> {
        let standard = Self::standard();
        let mut lacks = Vec::new();
        if self.knowledge == StateKnowledge::Unknown {
            lacks.push("state".to_owned());
            let missing = FeatureType::ALL.iter().filter(|kind| !self.features.contains_key(kind));
            lacks.extend(missing.map(|kind| format!("features.{}", kind.name())));
        }
        let environments = standard.environments.keys();
        let missing = environments.filter(|name| !self.environments.contains_key(*name));
        lacks.extend(missing.map(|name| format!("environments.{name}")));
        for (name, keys) in &standard.accounts {
            let Some(own) = self.accounts.get(name) else {
                lacks.push(format!("accounts.{name}"));
                continue;
            };
            if keys.client.is_some() && own.client.is_none() {
                lacks.push(format!("accounts.{name}.clientKey"));
            }
            if keys.server.is_some() && own.server.is_none() {
                lacks.push(format!("accounts.{name}.serverKey"));
            }
        }
        lacks
    }
}

/// Returns the ids and keys in a state file.
fn of_state(state: &Value) -> Identifiers {
    let list = |name: &str| state.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, pointer: &str| {
        value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
    };
    let environments = list("environments").into_iter().filter_map(|each| {
        let profile = match text(&each, "/profile").as_deref() {
            Some("edge") => Profile::Edge,
            _ => Profile::Client,
        };
        let split_value_id = text(&each, "/values/SPLIT/valueId");
        let id = text(&each, "/id")?;
        Some((text(&each, "/name")?, KnownEnvironment { id, profile, split_value_id }))
    });
    let accounts = list("accounts").into_iter().filter_map(|each| {
        let (client, server) = (text(&each, "/clientKey/0"), text(&each, "/serverKey/0"));
        Some((text(&each, "/name")?, AccountKeys { client, server }))
    });
    Identifiers {
        knowledge: StateKnowledge::Scenarios,
        environments: environments.collect(),
        accounts: accounts.collect(),
        features: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenarios_state() {
        let standard = Identifiers::standard();
        assert_eq!(standard.environments.len(), 5);
        assert_eq!(standard.accounts.len(), 12);
        assert_eq!(standard.environments["upstream"].profile, Profile::Edge);
        assert!(standard.environments["upstream"].split_value_id.is_some());
        let client = standard.key("reader", "dev", Evaluated::ByClient).unwrap();
        assert_eq!(client, "6f1c0a52-8d3e-4b7f-9a10-2b3c4d5e6f01/Rd7cQ2mXv9*reader-client-Tq4");
        assert!(!standard.key("mobile", "other", Evaluated::ByServer).unwrap().contains('*'));
        assert_eq!(standard.secrets().len(), 18);
        assert!(standard.lacks().is_empty());
    }

    #[test]
    fn missing_names_are_told() {
        let mut own = Identifiers::standard().clone();
        own.environments.remove("stale");
        own.accounts.remove("guest");
        own.accounts.get_mut("reader").unwrap().server = None;
        assert_eq!(
            own.lacks(),
            ["environments.stale", "accounts.guest", "accounts.reader.serverKey"]
        );
        let lacking = |account: &str, environment: &str| {
            own.key(account, environment, Evaluated::ByServer).unwrap_err().to_string()
        };
        assert_eq!(lacking("reader", "stale"), "not run: the target lacks environments.stale");
        assert_eq!(lacking("guest", "dev"), "not run: the target lacks accounts.guest");
        assert_eq!(lacking("reader", "dev"), "not run: the target lacks accounts.reader.serverKey");
        own.knowledge = StateKnowledge::Unknown;
        own.features.insert(FeatureType::String, "TEXT".to_owned());
        assert_eq!(own.feature_key("COLOUR").unwrap(), "TEXT");
        assert_eq!(own.feature_key("NO_SUCH").unwrap(), "NO_SUCH");
        let flag = own.feature_key("FLAG").unwrap_err().to_string();
        assert_eq!(flag, "not run: the target lacks features.boolean");
    }
}
