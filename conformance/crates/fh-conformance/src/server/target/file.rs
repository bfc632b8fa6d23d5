//! The file that describes a server.

use std::collections::BTreeMap;
use std::fmt;

use fh_files::{Content, Limits, Node, Position};

use super::members::Members;
use crate::case::Profile;
use crate::server::scenario::{
    AccountKeys, FeatureType, Identifiers, KnownEnvironment, StateKnowledge,
};
use crate::server::wire::Base;

/// The shortest secret part of a key. A shorter text could not be hidden in reports without making them unreadable.
const SHORTEST_SECRET: usize = 8;

/// A described server.
#[derive(Clone)]
pub struct TargetFile {
    /// The name of the server in reports and baselines.
    pub name: String,
    /// The version of the server, if the file has it.
    pub version: Option<String>,
    /// The URL of the server.
    pub base: Base,
    /// The URL of health and metrics.
    pub monitor: Option<Base>,
    /// The ids and keys.
    pub identifiers: Identifiers,
}

/// An error in a target file. It holds no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetError {
    position: Position,
    what: String,
}

impl TargetError {
    pub(super) fn at(position: Position, what: impl Into<String>) -> Self {
        Self { position, what: what.into() }
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.what)
    }
}

impl std::error::Error for TargetError {}

type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

impl TargetFile {
    /// Reads a target file in YAML or JSON. `lookup` returns the values of `${NAME}`.
    ///
    /// # Errors
    /// The first error in the file.
    pub fn parse(text: &str, lookup: Lookup<'_>) -> Result<Self, TargetError> {
        let root = Node::parse(text, &Limits::default())
            .map_err(|error| TargetError::at(error.position, "the file is not valid YAML"))?;
        let names = [
            "name",
            "version",
            "url",
            "monitor",
            "profile",
            "state",
            "environments",
            "accounts",
            "features",
        ];
        let file = Members::of("", &root, &names)?;
        let required = |name: &str| {
            let text = file.text(name, lookup)?;
            text.ok_or_else(|| TargetError::at(root.position, format!("{name} is missing")))
        };
        let url = |name: &str, text: String| {
            let position = file.get(name).map_or(root.position, |node| node.position);
            let form = format!("{name} must be http://HOST[:PORT][/PREFIX]");
            text.parse::<Base>().map_err(|_| TargetError::at(position, form))
        };
        let base = url("url", required("url")?)?;
        let monitor = file.text("monitor", lookup)?.map(|text| url("monitor", text)).transpose()?;
        let profile = match file.text("profile", lookup)? {
            None => Profile::Client,
            Some(text) => profile_of(&text, file.get("profile"), "profile")?,
        };
        let knowledge = match &*required("state")? {
            "scenarios" => StateKnowledge::Scenarios,
            "unknown" => StateKnowledge::Unknown,
            _ => {
                let position = file.get("state").map_or(root.position, |node| node.position);
                return Err(TargetError::at(position, "state must be scenarios or unknown"));
            }
        };
        let mut identifiers = Identifiers {
            knowledge,
            environments: BTreeMap::new(),
            accounts: BTreeMap::new(),
            features: BTreeMap::new(),
        };
        if let Some(node) = file.get("environments") {
            identifiers.environments = environments(node, profile, lookup)?;
        }
        if let Some(node) = file.get("accounts") {
            accounts(node, profile, lookup, &mut identifiers)?;
        }
        if let Some(node) = file.get("features") {
            if knowledge == StateKnowledge::Scenarios {
                let what = "features are for an unknown state; the scenarios' state has its own";
                return Err(TargetError::at(node.position, what));
            }
            identifiers.features = features(node, lookup)?;
        }
        if !identifiers.environments.contains_key("dev") {
            let what = "environments.dev is missing; a key ID/KEY has the id, too";
            return Err(TargetError::at(root.position, what));
        }
        let name = required("name")?;
        let version = file.text("version", lookup)?;
        Ok(Self { name, version, base, monitor, identifiers })
    }
}

fn profile_of(
    text: &str,
    node: Option<&std::sync::Arc<Node>>,
    path: &str,
) -> Result<Profile, TargetError> {
    let position = node.map_or(Position::START, |node| node.position);
    text.parse().map_err(|_| TargetError::at(position, format!("{path} must be client or edge")))
}

fn environments(
    node: &Node,
    profile: Profile,
    lookup: Lookup<'_>,
) -> Result<BTreeMap<String, KnownEnvironment>, TargetError> {
    let names: Vec<&str> =
        Identifiers::standard().environments.keys().map(String::as_str).collect();
    let members = Members::of("environments", node, &names)?;
    let mut environments = BTreeMap::new();
    for name in names {
        let Some(node) = members.get(name) else { continue };
        let path = members.path(name);
        let environment = match &node.content {
            Content::Map(_) => {
                let own = Members::of(&path, node, &["id", "profile", "splitValueId"])?;
                let id = own.text("id", lookup)?;
                let missing = || TargetError::at(node.position, format!("{path}.id is missing"));
                let profile = match own.text("profile", lookup)? {
                    None => profile,
                    Some(text) => profile_of(&text, own.get("profile"), &own.path("profile"))?,
                };
                let split_value_id = own.text("splitValueId", lookup)?;
                KnownEnvironment { id: id.ok_or_else(missing)?, profile, split_value_id }
            }
            _ => {
                let id = members.text(name, lookup)?.unwrap_or_default();
                KnownEnvironment { id, profile, split_value_id: None }
            }
        };
        environments.insert(name.to_owned(), environment);
    }
    Ok(environments)
}

fn accounts(
    node: &Node,
    profile: Profile,
    lookup: Lookup<'_>,
    identifiers: &mut Identifiers,
) -> Result<(), TargetError> {
    let names: Vec<&str> = Identifiers::standard().accounts.keys().map(String::as_str).collect();
    let members = Members::of("accounts", node, &names)?;
    for name in names {
        let Some(node) = members.get(name) else { continue };
        let own = Members::of(&members.path(name), node, &["clientKey", "serverKey"])?;
        let mut keys = AccountKeys::default();
        for (member, secret) in [("clientKey", &mut keys.client), ("serverKey", &mut keys.server)] {
            let Some(key) = own.text(member, lookup)? else { continue };
            let wrong = |what: &str| {
                let what = format!("{} {what}", own.path(member));
                Err(TargetError::at(node.position, what))
            };
            let (environment, part) = match key.rsplit_once('/') {
                // `default/ID/KEY` is the old form.
                Some((before, part)) => (before.rsplit('/').next().map(str::to_owned), part),
                None => (None, &*key),
            };
            if let Some(id) = environment {
                let known = identifiers.environments.entry("dev".to_owned());
                let known = known.or_insert_with(|| KnownEnvironment {
                    id: id.clone(),
                    profile,
                    split_value_id: None,
                });
                if known.id != id {
                    return wrong("is a key of another environment than dev");
                }
            }
            if part.len() < SHORTEST_SECRET {
                return wrong("is too short for a key");
            }
            if part.contains('*') != (member == "clientKey") {
                return wrong("is a key of the other kind: client-evaluated keys contain a `*`");
            }
            *secret = Some(part.to_owned());
        }
        identifiers.accounts.insert(name.to_owned(), keys);
    }
    Ok(())
}

fn features(node: &Node, lookup: Lookup<'_>) -> Result<BTreeMap<FeatureType, String>, TargetError> {
    let names = FeatureType::ALL.map(FeatureType::name);
    let members = Members::of("features", node, &names)?;
    let mut features = BTreeMap::new();
    for kind in FeatureType::ALL {
        if let Some(key) = members.text(kind.name(), lookup)? {
            features.insert(kind, key);
        }
    }
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scenario::Evaluated;

    const UNKNOWN: &str = "
name: mine
url: http://127.0.0.1:80/flags
state: unknown
accounts:
  reader: { clientKey: '${READER}', serverKey: default/6f1c0a52-8d3e-4b7f-9a10-2b3c4d5e6f01/server-key }
features: { boolean: MY_FLAG }
";

    fn variable(name: &str) -> Option<String> {
        (name == "READER").then(|| "6f1c0a52-8d3e-4b7f-9a10-2b3c4d5e6f01/client*key".to_owned())
    }

    fn error(text: &str) -> String {
        match TargetFile::parse(text, &variable) {
            Ok(_) => panic!("accepted: {text}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn whole_keys_have_the_environment() {
        let file = TargetFile::parse(UNKNOWN, &variable).unwrap();
        let key = file.identifiers.key("reader", "dev", Evaluated::ByServer).unwrap();
        assert_eq!(key, "6f1c0a52-8d3e-4b7f-9a10-2b3c4d5e6f01/server-key");
        let key = file.identifiers.key("reader", "dev", Evaluated::ByClient).unwrap();
        assert_eq!(key, "6f1c0a52-8d3e-4b7f-9a10-2b3c4d5e6f01/client*key");
        assert_eq!(file.identifiers.feature_key("LOCKED").unwrap(), "MY_FLAG");
        assert_eq!(file.base.target("/x"), "/flags/x");
        assert!(file.monitor.is_none() && file.version.is_none());
    }

    #[test]
    fn wrong_files_are_refused_without_their_keys() {
        for (from, to, part) in [
            ("name: mine", "", "name is missing"),
            ("name: mine", "nane: mine", "expected name"),
            ("http://", "https://", "url must be http://"),
            ("state: unknown", "state: other", "line 4, column 8: state must be"),
            ("state: unknown", "state: scenarios", "features are for an unknown state"),
            ("${READER}", "${NONE}", "the environment variable NONE is not set"),
            ("${READER}", "${READER", "${ has no }"),
            ("${READER}", "secret1", "accounts.reader.clientKey is too short"),
            ("${READER}", "secret-without-star", "contain a `*`"),
            ("${READER}", "1-2/client*key2", "another environment than dev"),
            ("'${READER}'", "[secret*key, other]", "accounts.reader.clientKey must be a text"),
            ("reader:", "reeder:", "expected reader"),
            ("{ boolean", "{ bool", "features has no member bool"),
            ("accounts:", "accounts: secret-secret\nx:", "has no member x"),
            ("features: {", "features: [{", "not valid YAML"),
        ] {
            let text = UNKNOWN.replacen(from, to, 1);
            assert_ne!(text, UNKNOWN, "{from}");
            let error = error(&text);
            assert!(error.contains(part), "{part}: {error}");
            assert!(!error.contains("secret") && !error.contains("key2"), "{error}");
        }
    }
}
