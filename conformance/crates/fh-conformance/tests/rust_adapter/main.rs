//! The adapter of this project's client as a child process, against the fake Edge.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod errors;
mod evaluate;
mod events;
mod modes;
mod reads;
mod settings;

use fh_conformance::adapter::{Adapter, AskError, Observed, Timeline};
use fh_conformance::protocol::{Called, CommandError, Event};
use fh_test::wait::{PATIENCE, wait_until};
use fh_test_servers::featurehub::{FakeEdge, Feature};
use serde_json::{Map, Value, json};

/// An adapter and an Edge with the feature `F`, a STRING with the value `one`.
struct Driver {
    adapter: Adapter,
    edge: FakeEdge,
}

impl Driver {
    fn start() -> Self {
        let edge = FakeEdge::start().unwrap();
        edge.set_feature(Feature::string("F", "one"));
        Self { adapter: adapter(), edge }
    }

    /// Starts an adapter with the client `c`, which is ready.
    fn ready(members: Value) -> Self {
        let mut driver = Self::start();
        driver.create(members);
        let answer = driver.ask("wait", json!({ "timeout_ms": 10_000 }));
        assert_eq!(answer["readiness"], "READY");
        driver
    }

    /// Creates the client `c` with short delays.
    fn create(&mut self, members: Value) -> Value {
        self.try_create(members).unwrap_or_else(|error| panic!("{error:?}"))
    }

    fn try_create(&mut self, members: Value) -> Result<Value, CommandError> {
        let defaults = json!({
            "edge_url": self.edge.url(), "keys": [self.edge.client_key()], "mode": "stream",
            "poll_ms": 50, "retry": { "initial_ms": 20, "max_ms": 100, "jitter": 0.0 },
        });
        self.try_ask("create", merged(defaults, members))
    }

    fn ask(&mut self, op: &str, members: Value) -> Value {
        self.try_ask(op, members).unwrap_or_else(|error| panic!("{op}: {error:?}"))
    }

    /// Sends a command for the client `c`, unless the members name another.
    fn try_ask(&mut self, op: &str, members: Value) -> Result<Value, CommandError> {
        let Value::Object(members) = merged(json!({ "client": "c" }), members) else {
            return Ok(Value::Null);
        };
        match self.adapter.ask(op, members) {
            Ok(answer) => Ok(answer),
            Err(AskError::Answered(error)) => Err(error),
            Err(error) => panic!("{op}: {error}\n{}", self.adapter.log()),
        }
    }

    fn error(&mut self, op: &str, members: Value) -> CommandError {
        self.try_ask(op, members).expect_err(op)
    }

    /// Returns the answer to one read.
    fn read(&mut self, read: Value) -> Value {
        self.ask("read", json!({ "reads": [read] }))["answers"][0].clone()
    }

    /// Reads `F` again and again until it has the value.
    fn until_f(&mut self, value: &str) {
        let read = json!({ "feature": "F", "type": "STRING" });
        wait_until(value, || self.read(read.clone())["value"] == value);
    }

    /// Asks for the state again and again until it has the readiness.
    fn until_readiness(&mut self, readiness: &str) {
        wait_until(readiness, || self.ask("state", json!({}))["readiness"] == readiness);
    }

    /// Waits for calls of a listener, and returns all so far.
    fn calls(&mut self, listener: &str, count: usize) -> Vec<Called> {
        let enough = |events: &[Observed]| {
            let calls = calls_of(events, listener);
            (calls.len() >= count).then_some(calls)
        };
        let calls = self.adapter.wait_for_events(PATIENCE, enough);
        calls.unwrap_or_else(|| panic!("{count} calls of {listener}: {:?}", self.adapter.events()))
    }

    /// Waits for a call of a listener that satisfies the condition.
    fn until_call(&mut self, listener: &str, condition: impl Fn(&Called) -> bool) -> Called {
        let found = |events: &[Observed]| calls_of(events, listener).into_iter().find(&condition);
        let call = self.adapter.wait_for_events(PATIENCE, found);
        call.unwrap_or_else(|| panic!("no such call of {listener}: {:?}", self.adapter.events()))
    }

    /// Returns the calls of a listener so far. The answer to a command comes after the events that were sent before it.
    fn calls_so_far(&mut self, listener: &str) -> Vec<Called> {
        calls_of(self.adapter.events(), listener)
    }
}

fn adapter() -> Adapter {
    let command = format!("'{}' adapter rust", env!("CARGO_BIN_EXE_fh-conformance"));
    Adapter::start(&command.parse().unwrap(), Timeline::default()).unwrap()
}

fn calls_of(events: &[Observed], listener: &str) -> Vec<Called> {
    let calls = events.iter().filter_map(|observed| match &observed.event {
        Event::Called(called) if called.listener == listener => Some((**called).clone()),
        _ => None,
    });
    calls.collect()
}

/// Returns the members of both objects; those of the second replace those of the first.
fn merged(first: Value, second: Value) -> Value {
    let mut members: Map<String, Value> = serde_json::from_value(first).unwrap();
    members.extend(serde_json::from_value::<Map<String, Value>>(second).unwrap());
    Value::Object(members)
}
