//! Checks and tests the TypeScript client in Node.

use std::thread;

use super::build::{build_once, build_traps};
use super::node::in_workspace;
use super::{equality, mutants, vitest};
use crate::output;
use crate::shell::Run;
use crate::workspace::binary;

/// Checks types, lint rules, format and documentation, and meanwhile runs the tests with the committed files of Rust. Runs both even if one
/// fails.
pub(crate) fn run() -> Result<(), String> {
    build_once()?;
    let (checked, tested) = thread::scope(|scope| {
        let check = output::spawn(scope, || in_workspace("npm run --silent check").go_timed());
        let tested = tests("test", |run| run);
        (check.join().unwrap_or_else(|_| Err("the check panicked".to_string())), tested)
    });
    tested.and(checked)
}

/// Proves the client equal to the Rust session and the Rust repository with all conversations and sequences, and then that tests find each
/// mutant of what only TypeScript has.
pub(crate) fn prove() -> Result<(), String> {
    let (conversations, sequences) =
        (equality::write_conversations(None)?, equality::write_sequences()?);
    build_once()?;
    build_traps()?;
    tests("test:deep", |run| {
        run.env("FH_CONVERSATIONS", &conversations.display().to_string())
            .env("FH_SEQUENCES", &sequences.display().to_string())
    })?;
    mutants::find(&[])
}

/// Runs tests that need the engines and `fh`.
fn tests(script: &str, complete: impl Fn(Run) -> Run) -> Result<(), String> {
    let fh = binary("fh")?.display().to_string();
    vitest::run(script, |run| {
        complete(run.env("FH_ENGINE", "required").env("FH", &fh).env("FH_SERVE", "required"))
    })
}
