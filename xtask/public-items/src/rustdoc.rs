//! Runs rustdoc and recognises the form of its JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Returns the JSON file of a crate below rustdoc's folder.
pub(crate) fn file(folder: &Path, package: &str) -> PathBuf {
    folder.join(package.replace('-', "_")).with_extension("json")
}

/// Writes the JSON of these packages with every feature, hidden items included, and returns its folder.
pub(crate) fn write_json(root: &Path, packages: &[&str]) -> Result<PathBuf, String> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    // A target folder of its own: build scripts run again when RUSTC_BOOTSTRAP changes.
    let target = target.join("public-items");
    let mut command = Command::new("cargo");
    command.args(["doc", "--quiet", "--locked", "--lib", "--no-deps", "--all-features"]);
    for package in packages {
        command.args(["-p", package]);
    }
    command
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &target)
        // The JSON is an unstable feature of the stable rustdoc.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json --document-hidden-items")
        .stdin(Stdio::null());
    let status = command.status().map_err(|why| format!("cargo doc did not start: {why}"))?;
    if status.success() {
        Ok(target.join("doc"))
    } else {
        Err(format!("cargo doc failed: {status}"))
    }
}

/// Returns the form of the JSON if `public-api` does not read it.
pub(crate) fn unreadable_form(folder: &Path, packages: &[&str]) -> Result<Option<u64>, String> {
    for package in packages {
        let path = file(folder, package);
        let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let text = fs::read(&path).map_err(|why| failed(&why))?;
        let json: Value = serde_json::from_slice(&text).map_err(|why| failed(&why))?;
        let form = json.get("format_version").and_then(Value::as_u64);
        let form = form.ok_or_else(|| failed(&"the JSON has no format_version"))?;
        if form != u64::from(rustdoc_types::FORMAT_VERSION) {
            return Ok(Some(form));
        }
    }
    Ok(None)
}
