//! The client in TypeScript against the conformance suite.

use crate::subjects::quoted;
use crate::subjects_in_test::{self, Selection};
use crate::workspace::suite;

use super::adapters::node_adapter;
use super::node;

/// The name of the adapter for Node in the table of subjects.
const IN_NODE: &str = "fh-web-node";

/// Runs against the built adapter in Node the cases by the operation `evaluate`, the scenarios except the slow ones, and the cases again, whose
/// payloads clients read from an Edge and evaluate with cached answers.
pub(crate) fn run_in_node() -> Result<(), String> {
    subjects_in_test::run(IN_NODE, Selection::Whole)?;
    served(&node_adapter())
}

/// Runs the cases, whose payloads a client reads from an Edge.
fn served(adapter: &[String]) -> Result<(), String> {
    let words: Vec<String> = adapter.iter().map(|word| quoted(word)).collect();
    let run = suite("vectors run --profile client --target")?;
    node::with_node(run).args(&[format!("served:{}", words.join(" "))]).go()
}
