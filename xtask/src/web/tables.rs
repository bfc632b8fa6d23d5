//! `cargo xtask web tables`: the committed tables of inputs and results, which the tests in TypeScript read.

use crate::shell::Run;

/// The tests that compare the tables with the committed ones, or write them.
const TABLES: [&str; 3] = [
    "cargo test --locked -p fh-session --lib tables::",
    "cargo test --locked -p fh-session --test it sse::tables::",
    "cargo test --locked -p fh-client --lib tables::",
];

/// Writes all tables.
pub(crate) fn run() -> Result<(), String> {
    TABLES.iter().try_for_each(|tests| Run::new(tests).env("FH_TABLES", "write").go())
}
