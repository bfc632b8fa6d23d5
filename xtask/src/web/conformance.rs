//! The client in TypeScript against the conformance suite.

use crate::shell::root;
use crate::subjects::{path, quoted};
use crate::subjects_in_test::{self, Selection};
use crate::workspace::suite;

use super::build::build_once;
use super::node;

/// The name of the adapter for Node in the table of subjects.
const IN_NODE: &str = "fh-web-node";

/// The command that runs another command with one browser for all pages.
pub(crate) const WITH_BROWSER: &str = "node bindings/web/conformance/dist/with_browser.mjs";

/// The folder of the built adapters.
const ADAPTERS: &str = "bindings/web/conformance/dist";

/// Returns the command of a program of the adapters, split into words.
fn program(file: &str) -> Vec<String> {
    vec!["node".to_string(), path(&root().join(ADAPTERS).join(file))]
}

/// Returns the command of the adapter for Node.
pub(crate) fn node_adapter() -> Vec<String> {
    program("node.mjs")
}

/// Returns the command of the adapter for Chromium, which dials the suite.
pub(crate) fn chromium_adapter() -> Vec<String> {
    let mut words = vec!["dial".to_string()];
    words.extend(program("launch.mjs"));
    words
}

/// Builds the engines and the adapters.
pub(crate) fn build_adapters() -> Result<(), String> {
    super::prepare_chromium()?;
    build_once()?;
    node::in_workspace("node conformance/build.mjs").go()
}

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
