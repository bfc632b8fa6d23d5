//! The files that are made from the tables: the page `docs/reference/client-settings.md`, the schema `docs/reference/client-settings.schema.json`, and
//! `bindings/shared/lists.json`, with which the tests of the other languages compare their names and texts.

mod defaults;
mod enumerations;
mod json;
mod page;
mod schema;
mod setters;

use std::fs;
use std::path::PathBuf;

/// If this variable is set, the tests write the files instead of comparing them.
const WRITE: &str = "FH_WRITE_PAGES";

/// Returns the path of a file of the project.
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// Compares a file with what the tables say, or writes the file.
fn check(name: &str, text: &str) {
    let path = path(name);
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    assert!(
        fs::read_to_string(&path).unwrap() == text,
        "{name} is behind the tables: `{WRITE}=1 cargo test -p fh-binding lists` writes it"
    );
}
