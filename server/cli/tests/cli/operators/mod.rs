//! Tests of the files in `server/packaging` that operators install: nginx, Kubernetes, Prometheus and Grafana, and the GitHub Action.

mod action;
mod compose;
mod kubernetes;
mod metrics;
mod nginx;
mod promql;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The variable that makes a check that cannot run on this machine an error.
const ALL: &str = "FH_OPERATORS_ALL";

/// Prints that a check is not run. Fails if all checks must run.
fn not_run(check: &str, why: &str) {
    println!("    *** {check}: NOT RUN: {why} ***");
    assert!(std::env::var_os(ALL).is_none(), "{check} is not run: {why}");
}

/// Returns the path of a file in `server/packaging`.
fn packaged(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// Reads a document of YAML.
fn yaml(text: &str) -> Value {
    let document = fh_files::Node::parse(text, &fh_files::Limits::default()).unwrap();
    serde_json::from_str(&document.to_json()).unwrap()
}
