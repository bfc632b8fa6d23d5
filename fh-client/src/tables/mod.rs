//! Tables of inputs and results, which the tests in TypeScript read (`bindings/web/equality/README.md` describes each). A test fails if a
//! committed table differs from what the code gives now. The table of snapshots is in `snapshot_file/tables`.

#[path = "../../session/src/tables/check.rs"]
mod check;
mod start_errors;
mod test_updates;

use serde_json::Value;

/// Compares a table with its committed file, or writes the file.
pub(crate) fn check(name: &str, rows: &[Value]) {
    check::check(name, rows);
}
