//! The adapter under check, and the Edges that it is tried with.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use fh_test_servers::featurehub::{FakeEdge, Feature};
use serde_json::{Map, Value, json};

use crate::adapter::{Adapter, AdapterCommand, AskError, Timeline};
use crate::data::Capability;
use crate::deadline::Deadline;
use crate::protocol::{
    Create, Created, ErrorCode, Hello, Mode, ReadAnswer, Refused, Retry, SdkReadiness, State,
    Timeouts,
};

/// The time for which a check waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// An adapter under check.
#[derive(Debug)]
pub struct Trial {
    command: AdapterCommand,
    hello: Hello,
    capabilities: Vec<Capability>,
    ignored: RefCell<BTreeSet<String>>,
}

impl Trial {
    pub(super) fn new(
        command: AdapterCommand,
        hello: Hello,
        capabilities: Vec<Capability>,
    ) -> Self {
        Self { command, hello, capabilities, ignored: RefCell::default() }
    }

    pub(super) fn hello(&self) -> &Hello {
        &self.hello
    }

    pub(super) fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    /// Returns the settings that `create` has ignored in some check.
    pub(super) fn ignored(&self) -> BTreeSet<String> {
        self.ignored.borrow().clone()
    }

    /// Starts the adapter anew.
    pub(super) fn adapter(&self) -> Result<Adapter, String> {
        Adapter::start(&self.command, Timeline::default())
    }

    /// Starts an Edge with the feature `F`.
    pub(super) fn edge(&self) -> Result<FakeEdge, String> {
        let edge = FakeEdge::start().map_err(|error| format!("no port: {error}"))?;
        edge.set_feature(Feature::string("F", "one"));
        Ok(edge)
    }

    /// Returns settings of a client, in the first mode that the SDK has, with every delay given.
    pub(super) fn settings(&self, name: &str, edge: &FakeEdge) -> Create {
        let mode = if self.hello.has("transport.poll") { Mode::Poll } else { Mode::Stream };
        let key = if self.hello.has("key.client_eval") || !self.hello.has("key.server_eval") {
            edge.client_key()
        } else {
            edge.server_key()
        };
        Create {
            client: name.to_owned(),
            edge_url: edge.url(),
            keys: vec![key],
            mode,
            poll_ms: Some(200),
            retry: Some(Retry { initial_ms: 100, max_ms: 800, jitter: 0.0 }),
            refused: Some(Refused { initial_ms: 4000, max_ms: 8000 }),
            healthy_after_ms: Some(2000),
            timeouts: Some(Timeouts {
                connect_ms: Some(2000),
                head_ms: Some(2000),
                poll_ms: Some(2000),
                idle_ms: Some(2000),
                held_back_ms: Some(2000),
            }),
            ..Create::default()
        }
    }

    /// Creates a client, and remembers the settings that the SDK ignores.
    pub(super) fn create(&self, adapter: &mut Adapter, create: &Create) -> Result<Created, String> {
        let created: Created =
            adapter.ask_as("create", create).map_err(|error| format!("create: {error}"))?;
        self.ignored.borrow_mut().extend(created.ignored.iter().cloned());
        Ok(created)
    }

    /// Waits until a client is ready.
    pub(super) fn until_ready(&self, adapter: &mut Adapter, client: &str) -> Result<(), String> {
        let deadline = Deadline::after(PATIENCE);
        loop {
            let state: State = ask(adapter, "state", client, &json!({}))?;
            if state.readiness == SdkReadiness::Ready {
                return Ok(());
            }
            if deadline.is_over() {
                return Err(format!("the client is {} with a healthy Edge", state.readiness));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until a client reads this value of `F`.
    pub(super) fn until_value(
        &self,
        adapter: &mut Adapter,
        client: &str,
        value: &str,
    ) -> Result<(), String> {
        let deadline = Deadline::after(PATIENCE);
        loop {
            let read = read(adapter, client, "F", "STRING")?.value;
            if read == value {
                return Ok(());
            }
            if deadline.is_over() {
                return Err(format!("F stays {read}, expected {value:?}"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Sends a command for a client, and returns its typed answer.
pub(super) fn ask<T: serde::de::DeserializeOwned>(
    adapter: &mut Adapter,
    op: &str,
    client: &str,
    members: &Value,
) -> Result<T, String> {
    adapter.ask_as(op, &with_client(client, members)).map_err(|error| format!("{op}: {error}"))
}

/// Sends a command for a client, and returns the code of its error; `None` if it succeeds.
pub(super) fn error_of(
    adapter: &mut Adapter,
    op: &str,
    client: &str,
    members: &Value,
) -> Result<Option<ErrorCode>, String> {
    match adapter.ask(op, with_client(client, members)) {
        Ok(_) => Ok(None),
        Err(AskError::Answered(error)) => Ok(Some(error.code)),
        Err(error) => Err(format!("{op}: {error}")),
    }
}

/// Reads one feature without default and context.
pub(super) fn read(
    adapter: &mut Adapter,
    client: &str,
    feature: &str,
    kind: &str,
) -> Result<ReadAnswer, String> {
    let reads = json!({ "reads": [{ "feature": feature, "type": kind }] });
    let mut answers: crate::protocol::Answers = ask(adapter, "read", client, &reads)?;
    match (answers.answers.pop(), answers.answers.is_empty()) {
        (Some(answer), true) => Ok(answer),
        _ => Err("read: the number of answers differs from the number of reads".to_owned()),
    }
}

fn with_client(client: &str, members: &Value) -> Map<String, Value> {
    let mut all = members.as_object().cloned().unwrap_or_default();
    all.insert("client".to_owned(), Value::from(client));
    all
}
