//! The ruleset and the answers that were recorded from a running server.

use std::path::Path;

use fh_client::Attributes;
use fh_eval::featuresignals::Context;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The recorded ruleset, and the answers for the recorded contexts.
pub(crate) struct Recording {
    pub(crate) ruleset: String,
    pub(crate) answers: Answers,
}

#[derive(Deserialize)]
pub(crate) struct Answers {
    /// The time at which the answers were given. Some flags expire.
    pub(crate) from: String,
    pub(crate) flag_keys: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Deserialize)]
pub(crate) struct Step {
    context: Box<RawValue>,
    bulk: Bulk,
}

#[derive(Deserialize)]
struct Bulk {
    body: serde_json::Value,
}

impl Recording {
    /// Reads the recording from the folder `conformance/data`.
    pub(crate) fn read(data: &Path) -> Result<Self, String> {
        let read = |name: &str| {
            let path = data.join("imported/featuresignals-live").join(name);
            std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))
        };
        let answers = serde_json::from_str(&read("answers-1.json")?)
            .map_err(|why| format!("answers-1.json: {why}"))?;
        Ok(Self { ruleset: read("state-1.json")?, answers })
    }
}

impl Step {
    /// Returns the context with the texts that the server makes of its attributes.
    pub(crate) fn context(&self) -> Result<Attributes, String> {
        let context = Context::from_json(self.context.get()).map_err(|why| why.to_string())?;
        Ok(context.attributes().clone())
    }

    /// Returns the recorded answer for a flag.
    pub(crate) fn answer(&self, flag_key: &str) -> &serde_json::Value {
        self.bulk.body.get(flag_key).unwrap_or(&serde_json::Value::Null)
    }
}
