//! The ids of features' values, which profile `edge` hashes for percentages and no payload holds.

use clap::Args;
use fh_eval::featurehub::HashIds;
use fh_files::{Content, Limits, Node};

use crate::failure::Failure;
use crate::payload::{Payload, read_bytes};

#[derive(Clone, Args)]
pub(crate) struct ValueIdsArgs {
    /// A file with the ids of the features' values, which profile edge hashes for percentages: a map such as
    /// `NEW_CHECKOUT: 03dc1d33-bd55-4ef5-a84a-46e8de3b1d4d` in YAML or JSON, or a state file. A payload holds no such ids. A
    /// state file as FILE holds them already
    #[arg(long, value_name = "FILE")]
    value_ids: Option<String>,
}

/// The ids of values that a command was given beside its features.
#[derive(Debug)]
pub(crate) enum ValueIds {
    None,
    /// Ids by feature key, for any environment.
    Map(HashIds),
    State(Box<Payload>),
}

impl ValueIdsArgs {
    pub(crate) fn file(&self) -> Option<&str> {
        self.value_ids.as_deref()
    }

    pub(crate) fn read(&self) -> Result<ValueIds, Failure> {
        let Some(path) = &self.value_ids else { return Ok(ValueIds::None) };
        let (name, bytes) = read_bytes(path)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(map) = map(&text) {
            return Ok(ValueIds::Map(map));
        }
        let payload = Payload::of_document(name, bytes)?;
        match payload.is_state() {
            true => Ok(ValueIds::State(Box::new(payload))),
            false => Err(Failure::Input(format!(
                "{path} is a payload, which holds no ids of values: give a state file, or a map such as {{\"NEW_CHECKOUT\": \"03dc1d33-bd55-4ef5-a84a-46e8de3b1d4d\"}}"
            ))),
        }
    }
}

/// Reads a map whose values are all texts.
fn map(text: &str) -> Option<HashIds> {
    let root = Node::parse(text, &Limits::default()).ok()?;
    let Content::Map(members) = &root.content else { return None };
    let ids = members.iter().map(|member| match &member.node.content {
        Content::Text(id) => Some((member.name.to_string(), id.to_string())),
        _ => None,
    });
    ids.collect::<Option<HashIds>>().filter(|ids| !ids.is_empty())
}

impl ValueIds {
    /// Returns the ids for another environment than that of the command's features. A map is for that environment alone.
    pub(crate) const fn of_other_environment(&self) -> &Self {
        match self {
            Self::Map(_) => &Self::None,
            ids => ids,
        }
    }

    /// Returns the known ids of values in an environment of a payload. `None` means that no id is known.
    pub(crate) fn of(
        &self,
        payload: &Payload,
        environment: Option<&str>,
    ) -> Result<Option<HashIds>, Failure> {
        match self {
            Self::None => Ok(payload.value_ids(environment).cloned()),
            Self::Map(ids) => {
                let mut all = payload.value_ids(environment).cloned().unwrap_or_default();
                all.extend(ids.iter().map(|(key, id)| (key.clone(), id.clone())));
                Ok(Some(all))
            }
            Self::State(state) => {
                let environments = state.environments()?;
                let chosen = match (environment, environments.as_slice()) {
                    (None, [only]) => only.id.as_deref(),
                    (None, _) => {
                        return Err(Failure::Input(format!(
                            "{} names no environment, and {} holds several: give the answer of /features, which names the environment",
                            payload.name, state.name
                        )));
                    }
                    (id, _) => id,
                };
                Ok(state.value_ids(chosen).cloned())
            }
        }
    }
}

/// Returns the note on values that percentages decide whose hash is not known.
pub(crate) fn note(input: &str, features: &str) -> String {
    format!(
        "{input} does not hold the id of a feature's value, which profile edge hashes for percentages, so an Edge may give other values of {features}; give a state file or --value-ids FILE"
    )
}
