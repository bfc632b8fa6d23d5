//! Installs SDKs under test with their adapters into a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::install;
use crate::shell::{Run, root};

const ADAPTERS: &str = "conformance/adapters";
/// The loop that all adapters in TypeScript share.
pub(crate) const TYPESCRIPT_LOOP: &str = "templates/typescript/loop.ts";
/// The loop that the adapters in Python share.
pub(crate) const PYTHON_LOOP: &str = "templates/python/loop.py";

pub(crate) fn install_browser(folder: &Path) -> Result<(), String> {
    let reason = "the published JavaScript SDK for browsers runs against the conformance suite";
    install::chromium(reason)?;
    // The folder of the browser replaces the files in which both SDKs differ.
    install_typescript(&["featurehub-node", "featurehub-browser", "templates/browser"], folder)
}

/// Installs an SDK with npm and builds its adapter from these files and folders. A later file replaces one with the same name.
pub(crate) fn install_typescript(files: &[&str], folder: &Path) -> Result<(), String> {
    let reason = "published JavaScript SDKs run against the conformance suite and the Edge";
    install::package("node --version", "nodejs", reason)?;
    install::package("npm --version", "npm", reason)?;
    unless_installed(files, "node --version", folder, || {
        Run::new("npm ci --no-audit --no-fund --loglevel=error").in_folder(folder).go()?;
        Run::new("npm run build --loglevel=error").in_folder(folder).go()
    })
}

/// Installs an SDK with npm. Its adapter is JavaScript that is not built.
pub(crate) fn install_javascript(files: &[&str], folder: &Path) -> Result<(), String> {
    let reason = "published JavaScript SDKs run beside our clients";
    install::package("node --version", "nodejs", reason)?;
    install::package("npm --version", "npm", reason)?;
    unless_installed(files, "node --version", folder, || {
        Run::new("npm ci --no-audit --no-fund --loglevel=error").in_folder(folder).go()
    })
}

/// Installs an SDK and its adapter from these files and folders into a virtual environment.
pub(crate) fn install_python(files: &[&str], folder: &Path) -> Result<(), String> {
    // Debian's Python lacks `ensurepip`, which virtual environments need.
    let reason = "published Python SDKs run against the conformance suite and beside our clients";
    install::package("python3 -m ensurepip --version", "python3-venv", reason)?;
    unless_installed(files, "python3 --version", folder, || {
        Run::new("python3 -m venv --clear venv").in_folder(folder).go()?;
        Run::new("venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt")
            .in_folder(folder)
            .go()
    })
}

pub(crate) fn install_java(folder: &Path) -> Result<(), String> {
    let reason = "the published Java SDK runs against the conformance suite";
    install::package("javac --version", "default-jdk-headless", reason)?;
    install::package("mvn --version", "maven", reason)?;
    unless_installed(&["featurehub-java"], "javac --version", folder, || {
        Run::new("sh build.sh").in_folder(folder).go()
    })
}

/// Copies files of the adapters into a folder and installs there, unless these files were installed before with this version of the
/// interpreter. The installation is the same, because all packages are pinned by hashes.
fn unless_installed(
    files: &[&str],
    version: &str,
    folder: &Path,
    install: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let mut inputs = Run::new(version).output()?;
    for file in files {
        for (name, text) in copy_files(file, folder)? {
            inputs.push_str(&format!("\n{name}\n{text}"));
        }
    }
    let done = folder.join("installed");
    if fs::read_to_string(&done).is_ok_and(|before| before == inputs) {
        return Ok(());
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    install::announce(&format!("the SDK under test {name}"), "it runs against the suite")?;
    // If the installation fails, the next run installs again.
    let _ = fs::remove_file(&done);
    install()?;
    fs::write(&done, inputs).map_err(|why| format!("{}: {why}", done.display()))
}

/// Copies a file of the adapters, or the files of a folder, so that installing does not change the project's own folder. Returns the names
/// and the texts of the files.
fn copy_files(name: &str, to: &Path) -> Result<Vec<(String, String)>, String> {
    let from = root().join(ADAPTERS).join(name);
    let failed = |why: std::io::Error| format!("{} cannot be copied: {why}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    let files = if from.is_dir() {
        let entries = fs::read_dir(&from).map_err(failed)?;
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()
    } else {
        Ok(vec![from.clone()])
    };
    let mut files: Vec<PathBuf> = files.map_err(failed)?;
    files.sort();
    let mut copied = Vec::new();
    for file in files.iter().filter(|file| file.is_file()) {
        let name = file.file_name().unwrap_or_default();
        let text = fs::read_to_string(file).map_err(failed)?;
        fs::write(to.join(name), &text).map_err(failed)?;
        copied.push((name.to_string_lossy().into_owned(), text));
    }
    Ok(copied)
}
