//! The Python package against the conformance suite.

use std::path::{Path, PathBuf};

use crate::python::{self, PACKAGE};
use crate::shell::{Run, root};
use crate::subjects::{self, PROGRAM, path, quoted};

/// The name of the package in the table of subjects.
const SUBJECT: &str = "fh-python";

/// Returns the command of the adapter, split into words.
pub(crate) fn adapter() -> Vec<String> {
    vec![path(&python()), path(&root().join(PACKAGE).join("conformance/adapter.py"))]
}

fn python() -> PathBuf {
    // The installation of the package has made the environment before.
    python::installed().unwrap_or_else(|_| Path::new("python3").to_owned())
}

/// Installs the package, and runs against it all scenarios, and all vectors without and with an Edge.
pub(crate) fn run() -> Result<(), String> {
    subjects::run(&[SUBJECT.to_string()])?;
    let words: Vec<String> = adapter().iter().map(|word| quoted(word)).collect();
    let target = format!("served:{}", words.join(" "));
    Run::new(&format!("{PROGRAM} vectors run --profile all --target")).args(&[target]).go()
}
