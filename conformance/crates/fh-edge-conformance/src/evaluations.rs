//! Recorded answers for 150 contexts, asked again of a server: values and the strategies that gave them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::{Base, Connection, Request, WireError, component};

/// What was recorded.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluations {
    /// As a client-evaluated key receives them.
    pub features: Vec<Value>,
    /// Feature key to the id of its value, which the server hashes.
    pub value_ids: BTreeMap<String, String>,
    /// The contexts and what was answered for them.
    pub evaluations: Vec<Evaluation>,
}

/// What was answered for one context.
#[derive(Debug, Clone, Deserialize)]
pub struct Evaluation {
    /// The `x-featurehub` header as it was sent.
    pub header: String,
    /// Feature key to strategy id and value; a feature that is not here got its default and no strategy.
    pub matched: BTreeMap<String, (String, Value)>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Answers that were compared.
    pub answers: usize,
    /// Those that are others: header, feature, recorded, seen.
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
    /// The environment of [`crate::state::of_evaluations`].
    pub const ENVIRONMENT: &str = "5e7a2c9e-3b0d-4b9a-8a57-0f3f6c1d2e44";
    /// Its client-evaluated key.
    pub const CLIENT_KEY: &str =
        "5e7a2c9e-3b0d-4b9a-8a57-0f3f6c1d2e44/3vQ8mRzYc1LwT7xKpN0bH5sDgJ4fUa*eVi2oXk9rBqW6tCyMlPd";
    /// Its server-evaluated key.
    pub const SERVER_KEY: &str =
        "5e7a2c9e-3b0d-4b9a-8a57-0f3f6c1d2e44/nG7dK2wPzR5yTqV9xBcJ4mHs8LfUaE1oXi6rCkNp";

    /// The recording of `conformance/data`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn recorded() -> Result<Self, serde_json::Error> {
        let text = include_str!("../../../data/imported/featurehub-live/evaluations.json");
        serde_json::from_str(text)
    }

    /// Asks the server at `base`, which serves [`crate::state::of_evaluations`] or has `server_key`, for every context.
    ///
    /// # Errors
    /// If it cannot be spoken to.
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
            found.wrong.push(format!("{}: {key} more than was recorded", evaluation.header));
        }
    }
}

/// What a server-evaluated key is told of a feature; nulls are left out.
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
