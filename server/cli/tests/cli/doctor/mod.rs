//! Tests of `fh doctor`.

mod answers;
mod reaching;
mod streams;

use std::time::Duration;

use fh_test_servers::featurehub::{
    Behaviour, Closing, ENVIRONMENT, FakeEdge, Feature, Permission, RedirectTo, Route,
};
use serde_json::{Value, json};

use crate::secure::{Secure, stranger, successor};
use crate::tool::{Run, SECRET, command, fh, run};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("BANNER", "plain"));
    edge.set_feature(Feature::boolean("FLAG", true));
    edge
}

/// Runs `fh doctor` with the client-evaluated key. Without `--listen` in `others`, it does not listen to the stream after the features.
fn doctor(edge: &FakeEdge, others: &[&str]) -> Run {
    of_key(edge, &edge.client_key(), others)
}

fn of_key(edge: &FakeEdge, key: &str, others: &[&str]) -> Run {
    let url = edge.url();
    let listen = if others.contains(&"--listen") { &[][..] } else { &["--listen", "0"] };
    fh(&[&["doctor", &url, key], listen, others].concat())
}

/// The report of a run as JSON.
struct Findings(Value);

impl Findings {
    fn of(run: Run) -> Self {
        Self(run.json())
    }

    fn all(&self, check: &str) -> Vec<&Value> {
        self.0["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|found| found["check"] == check)
            .collect()
    }

    /// Returns the finding of a check that has this verdict and contains all parts. Panics if there is none.
    fn has(&self, check: &str, verdict: &str, parts: &[&str]) -> &Value {
        let all = self.all(check);
        let is_it = |found: &&&Value| {
            let text = format!("{} → {}", found["message"], found["advice"]);
            found["verdict"] == verdict && parts.iter().all(|part| text.contains(part))
        };
        all.iter().find(is_it).unwrap_or_else(|| panic!("no {verdict} {parts:?} in {all:#?}"))
    }

    fn left_out(&self) -> Vec<&str> {
        self.0["leftOut"].as_array().unwrap().iter().map(|topic| topic.as_str().unwrap()).collect()
    }
}

/// Asserts that a check has this verdict and contains all parts if the route behaves like this.
fn found(route: Route, behaviour: Behaviour, check: &str, verdict: &str, parts: &[&str]) {
    let edge = edge();
    edge.behave_on(route, behaviour);
    let run = doctor(&edge, &["--json", "--timeout", "20"]).expect(i32::from(verdict == "bad"));
    Findings::of(run).has(check, verdict, parts);
}
