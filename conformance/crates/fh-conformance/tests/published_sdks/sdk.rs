//! An SDK that runs behind its adapter, with one client.

use std::path::PathBuf;

use fh_conformance::adapter::{Adapter, AdapterCommand, AskError, Timeline};
use fh_test::wait::wait_until;
use serde_json::{Map, Value, json};

use crate::stage::Stage;

/// The interval of polls in milliseconds.
const POLL_MS: u32 = 100;

/// The adapter of an SDK. `cargo xtask test` installs it, and names the folder of all adapters in a variable.
pub(crate) enum Installed {
    Node,
    Python,
    Java,
    Ofrep,
}

/// Returns a path below the folder of all adapters.
pub(crate) fn installed(name: &str) -> PathBuf {
    let folder = std::env::var_os("FH_SUBJECTS").map(PathBuf::from);
    folder.expect("`cargo xtask test` installs the SDKs and sets FH_SUBJECTS").join(name)
}

impl Installed {
    fn command(&self) -> AdapterCommand {
        let path = |name: &str| format!("'{}'", installed(name).display());
        let command = match self {
            Self::Node => format!("node {}", path("featurehub-node/adapter.js")),
            Self::Java => {
                format!("java '@{}'", installed("featurehub-java/adapter.options").display())
            }
            Self::Ofrep => format!("node {}", path("openfeature-ofrep/adapter.js")),
            Self::Python => {
                let program = path("featurehub-python/operations.py");
                format!("{} {program}", path("featurehub-python/venv/bin/python"))
            }
        };
        command.parse().unwrap()
    }
}

/// How a client gets features.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Stream,
    Poll,
    /// A request for each read.
    Passive,
}

/// A client of an SDK. Dropping it ends the adapter.
pub(crate) struct Sdk {
    adapter: Adapter,
    kinds: Map<String, Value>,
}

impl Sdk {
    /// Starts a client with a context.
    pub(crate) fn start(
        installed: &Installed,
        stage: &Stage,
        key: &str,
        mode: Mode,
        context: Option<&Value>,
    ) -> Self {
        let started = Self::try_start(installed, stage, key, mode, context);
        started.unwrap_or_else(|(error, log)| panic!("create: {error}\n{log}"))
    }

    /// Starts a client with a context. The error is that of the SDK, with the log of the adapter.
    pub(crate) fn try_start(
        installed: &Installed,
        stage: &Stage,
        key: &str,
        mode: Mode,
        context: Option<&Value>,
    ) -> Result<Self, (AskError, String)> {
        let adapter = Adapter::start(&installed.command(), Timeline::default()).unwrap();
        let mut sdk = Self { adapter, kinds: stage.kinds() };
        let mode = match mode {
            Mode::Stream => "stream",
            Mode::Poll => "poll",
            Mode::Passive => "passive",
        };
        let members = json!({
            "edge_url": stage.url(), "keys": [key], "mode": mode, "poll_ms": POLL_MS,
            "context": context.map(lists),
        });
        match sdk.try_ask("create", members) {
            Ok(_) => Ok(sdk),
            Err(error) => Err((error, sdk.adapter.log())),
        }
    }

    fn try_ask(&mut self, op: &str, mut members: Value) -> Result<Value, AskError> {
        members["client"] = json!("c");
        let Value::Object(members) = members else { panic!("{members} is no object") };
        self.adapter.ask(op, members)
    }

    pub(crate) fn ask(&mut self, op: &str, members: Value) -> Value {
        let answer = self.try_ask(op, members);
        answer.unwrap_or_else(|error| panic!("{op}: {error}\n{}", self.adapter.log()))
    }

    pub(crate) fn readiness(&mut self) -> Value {
        self.ask("state", json!({}))["readiness"].take()
    }

    /// Changes the context of the client, which has a server-evaluated key.
    pub(crate) fn set_context(&mut self, context: &Value) {
        self.ask("context", json!({ "attributes": lists(context) }));
    }

    /// Returns the answers to reads of all features, in the order of their keys.
    pub(crate) fn answers(&mut self, context: &Value, defaults: &Value) -> Vec<(String, Value)> {
        let reads = self.kinds.iter().map(|(feature, kind)| {
            let default = defaults.get(feature);
            json!({ "feature": feature, "type": kind, "default": default, "context": lists(context) })
        });
        let reads: Vec<Value> = reads.collect();
        let answer = self.ask("read", json!({ "reads": reads }));
        let answers = answer["answers"].as_array().unwrap().iter().cloned();
        self.kinds.keys().cloned().zip(answers).collect()
    }

    /// Returns the values of all features in a context, by their keys. Numbers are floating-point numbers, as in most SDKs.
    pub(crate) fn values(&mut self, context: &Value) -> Value {
        let answers = self.answers(context, &Value::Null).into_iter();
        let as_float = |value: &Value| value.as_f64().map_or_else(|| value.clone(), Value::from);
        answers.map(|(feature, answer)| (feature, as_float(&answer["value"]))).collect()
    }

    /// Reads a feature again and again until the client is ready and the feature has the value.
    pub(crate) fn until(&mut self, feature: &str, value: &Value, context: &Value) {
        wait_until(&format!("{feature} is {value}"), || {
            self.readiness() == "READY" && self.values(context)[feature] == *value
        });
    }
}

/// Returns a context in the form of the protocol, in which each attribute has a list of values.
fn lists(context: &Value) -> Value {
    let members = context.as_object().unwrap().iter();
    members.map(|(name, value)| (name.clone(), json!([value]))).collect()
}
