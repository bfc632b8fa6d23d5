//! The adapter of the Python package for the conformance suite.

use std::path::{Path, PathBuf};

use super::PACKAGE;
use crate::python;
use crate::shell::root;

/// Returns the command of the adapter, split into words.
pub(crate) fn adapter() -> Vec<String> {
    program("adapter.py")
}

/// Returns the command of a program of the adapters, split into words.
pub(super) fn program(file: &str) -> Vec<String> {
    vec![
        python().display().to_string(),
        root().join(PACKAGE).join("conformance").join(file).display().to_string(),
    ]
}

fn python() -> PathBuf {
    // The installation of the package has made the environment before.
    python::installed().unwrap_or_else(|_| Path::new("python3").to_owned())
}
