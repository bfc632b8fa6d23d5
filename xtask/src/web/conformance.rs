//! The client in TypeScript against the conformance suite.

use crate::subjects_in_test::{self, Selection, vectors};

/// The name of the adapter for Node in the table of subjects.
const IN_NODE: &str = "fh-web-node";

/// Runs against the built adapter in Node the cases by the operation `evaluate`, the scenarios except the slow ones, and the cases again, whose
/// payloads clients read from an Edge and evaluate with cached answers.
pub(crate) fn run_in_node() -> Result<(), String> {
    subjects_in_test::run(IN_NODE, Selection::Whole)?;
    vectors(IN_NODE, "served", "client")
}
