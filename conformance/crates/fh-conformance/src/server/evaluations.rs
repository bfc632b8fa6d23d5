//! Recorded answers for 150 contexts. They are compared with the answers of a server: values and the strategies that gave them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::server::wire::{Base, Connection, Request, WireError, component};

/// A recording of evaluations.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluations {
    /// The features as a client-evaluated key receives them.
    pub features: Vec<Value>,
    /// The id of each feature's value, by feature key. The server hashes it for percentages.
    pub value_ids: BTreeMap<String, String>,
    /// The contexts and the answers to them.
    pub evaluations: Vec<Evaluation>,
}

/// The recorded answers for one context.
#[derive(Debug, Clone, Deserialize)]
pub struct Evaluation {
    /// The `x-featurehub` header as it was sent.
    pub header: String,
    /// Strategy id and value by feature key. A feature without an entry got its default value and matched no strategy.
    pub matched: BTreeMap<String, (String, Value)>,
}

/// The result of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Number of answers that were compared.
    pub answers: usize,
    /// Answers that differ, with header, expected and received feature.
    pub wrong: Vec<String>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for wrong in &self.wrong {
            writeln!(f, "FAILS   {wrong}")?;
        }
        write!(f, "{} answers compared, {} wrong", self.answers, self.wrong.len())
    }
}

impl Evaluations {
    /// The environment of [`crate::server::state::of_evaluations`].
    pub const ENVIRONMENT: &str = "5e7a2c9e-3b0d-4b9a-8a57-0f3f6c1d2e44";
    /// The client-evaluated key of that environment.
    pub const CLIENT_KEY: &str =
        "5e7a2c9e-3b0d-4b9a-8a57-0f3f6c1d2e44/3vQ8mRzYc1LwT7xKpN0bH5sDgJ4fUa*eVi2oXk9rBqW6tCyMlPd";
    /// The server-evaluated key of that environment.
    pub const SERVER_KEY: &str =
        "5e7a2c9e-3b0d-4b9a-8a57-0f3f6c1d2e44/nG7dK2wPzR5yTqV9xBcJ4mHs8LfUaE1oXi6rCkNp";

    /// Returns the recording of `conformance/data`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn recorded() -> Result<Self, serde_json::Error> {
        let text = include_str!("../../../../data/imported/featurehub-live/evaluations.json");
        serde_json::from_str(text)
    }

    /// Polls the server at `base` with every context and compares the answers. The server serves [`crate::server::state::of_evaluations`], or the
    /// recorded features under another `server_key`. Each answer may take as long as `patience`.
    ///
    /// # Errors
    /// If the server cannot be reached or does not speak HTTP.
    pub fn ask(
        &self,
        base: &Base,
        server_key: &str,
        patience: Duration,
    ) -> Result<Found, WireError> {
        let mut found = Found::default();
        let mut connection = Connection::open(base, patience)?;
        let target = base.target(&format!("/features?apiKey={}", component(server_key)));
        for evaluation in &self.evaluations {
            let poll = Request::new("GET", &*target).header("x-featurehub", &*evaluation.header);
            let response = connection.request(&poll)?;
            if response.status != 200 {
                let (header, status) = (&evaluation.header, response.status);
                found.wrong.push(format!("{header}: status {status}"));
                continue;
            }
            self.compare(evaluation, &response.json(), &mut found);
        }
        Ok(found)
    }

    fn compare(&self, evaluation: &Evaluation, body: &Value, found: &mut Found) {
        let features = body.pointer("/0/features").and_then(Value::as_array);
        let features = features.map_or(&[][..], Vec::as_slice);
        let key = |feature: &Value| feature.get("key").and_then(Value::as_str).map(str::to_owned);
        let mut seen: BTreeMap<String, &Value> =
            features.iter().filter_map(|feature| Some((key(feature)?, feature))).collect();
        for feature in &self.features {
            let Some(key) = key(feature) else { continue };
            let expected = match evaluation.matched.get(&key) {
                Some((strategy, value)) => answer(feature, value, Some(strategy)),
                None => answer(feature, feature.get("value").unwrap_or(&Value::Null), None),
            };
            found.answers += 1;
            let seen = seen.remove(&key);
            if seen != Some(&expected) {
                let seen = seen.map_or("nothing".to_owned(), Value::to_string);
                found.wrong.push(format!("{}: {expected}, not {seen}", evaluation.header));
            }
        }
        for (key, _) in seen {
            found.wrong.push(format!("{}: {key} is not in the recording", evaluation.header));
        }
    }
}

/// Returns a feature as a server-evaluated key receives it. Nulls are left out.
fn answer(feature: &Value, value: &Value, strategy: Option<&str>) -> Value {
    let mut answer = json!({});
    let members = ["id", "key", "l", "version", "type"];
    let mut members: Vec<(&str, Value)> =
        members.iter().filter_map(|name| Some((*name, feature.get(name)?.clone()))).collect();
    members.push(("value", value.clone()));
    members.push(("v", strategy.into()));
    if let Value::Object(answer) = &mut answer {
        let there = members.into_iter().filter(|(_, member)| !member.is_null());
        answer.extend(there.map(|(name, member)| (name.to_owned(), member)));
    }
    answer
}
