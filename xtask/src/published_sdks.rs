//! Published SDKs as clients of our Edge. They are installed from their registries into the target folder, and run by the
//! tests of `fh-published-sdks`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::install;
use crate::shell::{Run, root, target_folder};

const SOURCES: &str = "conformance/crates/fh-published-sdks";

fn folder(name: &str) -> PathBuf {
    target_folder().join("published-sdks").join(name)
}

/// Installs the interpreters and the SDKs.
pub(crate) fn prepare() -> Result<(), String> {
    let reason = "published JavaScript SDKs run against the Edge";
    install::package("node --version", "nodejs", reason)?;
    install::package("npm --version", "npm", reason)?;
    // Debian's Python lacks `ensurepip`, which virtual environments need.
    let reason = "the published Python SDK runs against the Edge";
    install::package("python3 -m ensurepip --version", "python3-venv", reason)?;
    node()?;
    python()
}

fn node() -> Result<(), String> {
    let folder = folder("node");
    copy("node", &folder)?;
    Run::new("npm ci --no-audit --no-fund --loglevel=error").in_folder(&folder).go()
}

fn python() -> Result<(), String> {
    let folder = folder("python");
    copy("python", &folder)?;
    Run::new("python3 -m venv venv").in_folder(&folder).go()?;
    Run::new("venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt")
        .in_folder(&folder)
        .go()
}

/// Copies the files of a folder, so that installing does not change the project's own folder.
fn copy(name: &str, to: &Path) -> Result<(), String> {
    let from = root().join(SOURCES).join(name);
    let failed = |why: std::io::Error| format!("{} cannot be copied: {why}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(&from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).map_err(failed)?;
        }
    }
    Ok(())
}

/// Runs the tests of the SDKs, and those of the adapters that `fh-conformance adapter new` writes.
pub(crate) fn run() -> Result<(), String> {
    Run::new("cargo test --locked -p fh-conformance --test adapter_new -- --ignored").go()?;
    Run::new("cargo test --locked -p fh-published-sdks -- --ignored")
        .env("FH_SDKS_NODE", &folder("node").display().to_string())
        .env("FH_SDKS_PYTHON", &folder("python").display().to_string())
        .go()
}
