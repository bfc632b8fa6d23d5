//! An SDK behind an adapter as a target of evaluation cases.
//!
//! An SDK with the capability `engine` evaluates payloads itself. Any other SDK gets each payload from an Edge of this program, through a
//! client of its own.

mod answers;
mod served;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Broken, Target};
use crate::adapter::{Adapter, AdapterCommand, AskError, Timeline};
use crate::case::{Answer, Kind, Profile, Question};
use crate::json::Json;
use crate::protocol::{Answers, Hello, ReadAnswer};

use answers::{answer_of, getters_of, value_of};
use served::Served;

/// How an adapter target evaluates payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluates {
    /// By the operation `evaluate`, if the SDK has the capability `engine`; otherwise through an Edge.
    AsDeclared,
    /// Through an Edge in any case.
    ThroughAnEdge,
}

/// An SDK behind an adapter. A dead or silent adapter is started anew for the next case.
#[derive(Debug)]
pub struct AdapterTarget {
    command: AdapterCommand,
    hello: Hello,
    adapter: Option<Adapter>,
    served: Option<Served>,
    evaluates: Evaluates,
    through_an_edge: bool,
}

impl AdapterTarget {
    /// Starts the adapter.
    ///
    /// # Errors
    /// A message if it does not answer to `hello`, or if no port is available.
    pub fn start(command: AdapterCommand, evaluates: Evaluates) -> Result<Self, String> {
        let mut adapter = Adapter::start(&command, Timeline::silent())?;
        let hello =
            adapter.hello().map_err(|error| format!("hello: {error}\n{}", adapter.log()))?;
        let through_an_edge = evaluates == Evaluates::ThroughAnEdge || !hello.has("engine");
        Ok(Self {
            command,
            hello,
            adapter: Some(adapter),
            served: None,
            evaluates,
            through_an_edge,
        })
    }

    fn adapter(&mut self) -> Result<&mut Adapter, Broken> {
        if self.adapter.as_ref().is_none_or(|adapter| adapter.broken().is_some()) {
            self.served = None;
            self.adapter = None;
            let adapter = Adapter::start(&self.command, Timeline::silent()).map_err(Broken)?;
            self.adapter = Some(adapter);
        }
        self.adapter.as_mut().ok_or_else(|| Broken("the adapter is gone".to_owned()))
    }

    /// Reads the feature of a question with these getters.
    fn ask(
        &mut self,
        profile: Profile,
        question: &Question,
        kinds: &[(Kind, Option<&Json>)],
    ) -> Result<Vec<ReadAnswer>, Broken> {
        let context: Option<BTreeMap<&str, &Vec<String>>> = question
            .context
            .as_ref()
            .map(|all| all.iter().map(|(name, values)| (name.as_str(), values)).collect());
        let native = question.native.as_ref().map(value_of);
        let clock = self.hello.has("clock.fixed").then_some(question.now_ms);
        let reads: Vec<Value> = kinds
            .iter()
            .map(|(kind, default)| {
                json!({
                    "feature": question.feature,
                    "type": kind.name(),
                    "default": default.map(value_of),
                    "context": context,
                    "native": native,
                    "now_ms": clock,
                })
            })
            .collect();
        let payload = payload(question);
        let answers = if self.through_an_edge {
            self.read_served(profile, &payload, &reads)?
        } else {
            let members = json!({ "payload": payload, "profile": profile.name(), "reads": reads });
            ask(self.adapter()?, "evaluate", &members)?
        };
        if answers.answers.len() == kinds.len() {
            Ok(answers.answers)
        } else {
            Err(Broken(format!("{} answers to {} reads", answers.answers.len(), kinds.len())))
        }
    }

    fn read_served(
        &mut self,
        profile: Profile,
        payload: &str,
        reads: &[Value],
    ) -> Result<Answers, Broken> {
        if profile == Profile::Edge {
            return Err(Broken(
                "a client with a client-evaluated key has no profile edge".to_owned(),
            ));
        }
        self.adapter()?;
        let served = match self.served.take() {
            Some(served) => served,
            None => Served::start(&self.hello).map_err(Broken)?,
        };
        let adapter = self.adapter()?;
        let (served, answers) = served.read(adapter, payload, reads)?;
        self.served = Some(served);
        Ok(answers)
    }
}

/// Returns the payload of a question. An id to hash replaces the feature's id, because adapters hash the id of the payload.
fn payload(question: &Question) -> String {
    let Some(hash_id) = &question.hash_id else { return question.payload.clone() };
    let features: Vec<Value> = serde_json::from_str(&question.payload).unwrap_or_default();
    let key = Value::from(question.feature.as_str());
    let feature = features.iter().find(|feature| feature.get("key") == Some(&key));
    match feature.and_then(|feature| feature.get("id")).and_then(Value::as_str) {
        Some(id) => question.payload.replace(&format!("\"{id}\""), &format!("\"{hash_id}\"")),
        None => question.payload.clone(),
    }
}

/// Sends a command and returns its typed answer.
fn ask<T: serde::de::DeserializeOwned>(
    adapter: &mut Adapter,
    op: &str,
    members: &Value,
) -> Result<T, Broken> {
    adapter.ask_as(op, members).map_err(|error| match error {
        AskError::Answered(error) => Broken(format!("raised: {}", error.message)),
        AskError::Protocol(problem) => Broken(problem),
    })
}

impl Target for AdapterTarget {
    fn name(&self) -> String {
        match self.evaluates {
            Evaluates::AsDeclared => format!("adapter:{}", self.command),
            Evaluates::ThroughAnEdge => format!("served:{}", self.command),
        }
    }

    fn subject(&self) -> String {
        self.hello.sdk.name.clone()
    }

    fn version(&self) -> String {
        let sdk = &self.hello.sdk;
        format!("({} {})", sdk.name, sdk.version)
    }

    fn can(&self, capability: &str) -> bool {
        // A client reads the time of its own clock, and tells no buckets.
        let not_served = ["clock.fixed", "eval.bucket", "eval.trace", "eval.native_context"];
        self.hello.has(capability) && !(self.through_an_edge && not_served.contains(&capability))
    }

    fn has_profile(&self, profile: Profile) -> bool {
        profile == Profile::Client || !self.through_an_edge
    }

    fn read(&mut self, profile: Profile, question: &Question) -> Result<Answer, Broken> {
        let default = Some(&question.default).filter(|_| self.can("eval.defaults"));
        let mut answers = self.ask(profile, question, &[(question.kind, default)])?;
        answer_of(answers.pop().unwrap_or_default(), question)
    }

    fn getters(&mut self, profile: Profile, question: &Question) -> Result<Json, Broken> {
        let kinds = [Kind::Boolean, Kind::String, Kind::Number, Kind::Json];
        let answers = self.ask(profile, question, &kinds.map(|kind| (kind, None)))?;
        getters_of(&answers)
    }

    fn bucket(&mut self, profile: Profile, key: &str, feature_id: &str) -> Result<u32, Broken> {
        // The strategy's percentage is everyone, so the answer shows the bucket, if the SDK tells it.
        let question = |limit: u32| {
            Question {
            payload: json!([{
                "id": feature_id, "key": "F", "l": false, "version": 1, "type": "BOOLEAN", "value": false,
                "strategies": [{ "id": "s", "value": true, "percentage": limit, "percentageAttributes": [], "attributes": [] }],
            }])
            .to_string(),
            feature: "F".to_owned(),
            kind: Kind::Boolean,
            context: Some(vec![("userkey".to_owned(), vec![key.to_owned()])]),
            native: None,
            default: Json::Bool(false),
            now_ms: 0,
            hash_id: None,
        }
        };
        if self.can("eval.bucket") {
            let answer = self.read(profile, &question(1_000_000))?;
            return answer.bucket.ok_or_else(|| Broken("the answer has no bucket".to_owned()));
        }
        // Otherwise the bucket is the smallest limit that admits the user. A limit of 0 admits nobody, and a limit of 1 the buckets 0 and
        // 1, so bucket 1 counts as 0.
        let (mut outside, mut within) = (0, 1_000_000);
        while outside + 1 < within {
            let middle = outside + (within - outside) / 2;
            let is_in = self.read(profile, &question(middle))?.value == Json::Bool(true);
            if is_in { within = middle } else { outside = middle }
        }
        Ok(if within == 1 { 0 } else { within })
    }
}
