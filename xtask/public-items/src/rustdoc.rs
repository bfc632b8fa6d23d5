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
        // Broken links are reported by the part "documentation", once.
        .env(
            "RUSTDOCFLAGS",
            "-Z unstable-options --output-format json --document-hidden-items --cap-lints allow",
        )
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
        let json = fs::read(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        let form = form(&json).map_err(|why| format!("{}: {why}", path.display()))?;
        if form != u64::from(rustdoc_types::FORMAT_VERSION) {
            return Ok(Some(form));
        }
    }
    Ok(None)
}

/// Returns the number of the form, which rustdoc writes into each file. The rest of the file may have any form.
fn form(json: &[u8]) -> Result<u64, String> {
    let json: Value = serde_json::from_slice(json).map_err(|why| why.to_string())?;
    let form = json.get("format_version").and_then(Value::as_u64);
    form.ok_or_else(|| "the JSON has no format_version".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_another_form_is_read() {
        assert_eq!(form(br#"{"format_version": 99, "index": []}"#), Ok(99));
        assert!(form(b"{}").is_err());
    }

    #[test]
    fn another_form_is_unreadable() {
        let folder = std::env::temp_dir().join(format!("public-items-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let form = u64::from(rustdoc_types::FORMAT_VERSION);
        for (form, unreadable) in [(form, None), (form + 1, Some(form + 1))] {
            fs::write(file(&folder, "a-b"), format!("{{\"format_version\": {form}}}")).unwrap();
            assert_eq!(unreadable_form(&folder, &["a-b"]), Ok(unreadable));
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
