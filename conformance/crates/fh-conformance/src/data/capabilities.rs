//! `capabilities.json`: the closed list of the capabilities that an adapter declares.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Data, DataError};

/// The path of the list in the data folder.
const PATH: &str = "capabilities.json";

/// A capability of SDKs.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Capability {
    /// The id, such as `http.etag`.
    pub id: String,
    /// A sentence that says what an SDK with the capability does.
    pub title: String,
    /// The lowest tier that needs the capability; `None` if no tier does.
    pub tier: Option<u8>,
    /// The way to observe that an SDK lacks the capability; `None` if there is no way.
    #[serde(flatten)]
    pub probe: Option<Probe>,
}

/// The way to observe that an SDK lacks a capability.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "probe", rename_all = "lowercase")]
pub enum Probe {
    /// An operation of the adapter protocol must answer `unsupported`.
    Operation {
        /// The name of the operation.
        operation: String,
        /// The members with which the operation needs the capability.
        #[serde(default)]
        members: Map<String, Value>,
    },
    /// Scenarios that require the capability must fail, because the Edge sees what the client does.
    Wire,
    /// Members of answers must be missing.
    Field {
        /// The operation of the answers.
        operation: String,
        /// The names of the members.
        fields: Vec<String>,
    },
}

impl Capability {
    /// Reads the list of a data folder.
    ///
    /// # Errors
    /// If the file is missing or has another form.
    pub fn load(data: &Data) -> Result<Vec<Capability>, DataError> {
        #[derive(Deserialize)]
        struct File {
            capabilities: Vec<Capability>,
        }
        let file: File = serde_json::from_str(data.text(PATH)?)
            .map_err(|error| DataError::in_file(PATH, error))?;
        Ok(file.capabilities)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::protocol::OPERATIONS;

    #[test]
    fn ids_are_unique_and_operations_exist() {
        let all = Capability::load(&Data::embedded()).unwrap();
        let ids: BTreeSet<&str> = all.iter().map(|capability| capability.id.as_str()).collect();
        assert_eq!(ids.len(), all.len());
        for capability in &all {
            if let Some(Probe::Operation { operation, .. } | Probe::Field { operation, .. }) =
                &capability.probe
            {
                assert!(OPERATIONS.contains(&operation.as_str()), "{operation}");
            }
        }
    }
}
