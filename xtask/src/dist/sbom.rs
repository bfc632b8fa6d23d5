//! Bills of materials in the format of CycloneDX, beside the artefacts.
//!
//! Each ecosystem has a tool that writes them. They have no serial numbers, and the time of the commit, so that two builds write the same bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::output_folder::{staging, work_folder};
use crate::folders::{empty_folder, files_below};
use crate::output::say;
use crate::python::environment::Environment;
use crate::shell::{Run, root};
use crate::web::node::with_node;
use crate::{commit_time, install};

/// The tool for crates, and its version.
const CRATES: &str = "cargo-cyclonedx@0.5.9";
/// The folder of the tool for packages of npm.
const NPM: &str = "xtask/tools/sbom";
/// The end of the names of all bills of materials.
pub(super) const END: &str = ".cdx.json";
const REASON: &str = "it writes bills of materials";

/// A program of Python that reads bills of materials, and prints their counts of components.
const READ: &str = "
import json, sys
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for path in sys.argv[1:]:
    text = open(path).read()
    document = json.loads(text)
    version = SchemaVersion['V' + document['specVersion'].replace('.', '_')]
    wrong = JsonStrictValidator(version).validate_str(text)
    if wrong:
        sys.exit(f'{path}: {wrong}')
    bom = Bom.from_json(document)
    print(len(bom.components), path.rsplit('/', 1)[-1])
";

/// Writes the bill of materials of what a crate links for a target.
pub(super) fn of_crate(
    folder: &str,
    triple: &str,
    options: &[&str],
    to: &Path,
) -> Result<(), String> {
    let tools = work_folder()?.join("tools");
    let program = tools.join("bin/cargo-cyclonedx");
    if !program.is_file() {
        install::announce(CRATES, REASON)?;
        let place = ["--root".to_string(), tools.display().to_string(), CRATES.to_string()];
        Run::new("cargo install --quiet --locked").args(&place).go()?;
    }
    let sources = sources()?;
    let manifest = sources.join(folder).join("Cargo.toml").display().to_string();
    let line = format!(
        "cyclonedx --quiet --format json --no-build-deps --target {triple} --override-filename bom --manifest-path"
    );
    Run::program(&program.display().to_string(), &line)
        .args(&[manifest])
        .args(&options.iter().map(ToString::to_string).collect::<Vec<_>>())
        .in_folder(&sources)
        .env("SOURCE_DATE_EPOCH", &commit_time::seconds()?)
        .go()?;
    let written = sources.join(folder).join("bom.json");
    let text =
        fs::read_to_string(&written).map_err(|why| format!("{}: {why}", written.display()))?;
    // The tool names the folders of the project's own crates.
    let text = text.replace(&sources.display().to_string(), "/fh");
    fs::write(to, text).map_err(|why| format!("{}: {why}", to.display()))
}

/// Copies the sources, because the tool writes its files beside the manifests. Returns the folder of the copy.
fn sources() -> Result<PathBuf, String> {
    static COPIED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let copy = || {
        let folder = empty_folder(&work_folder()?.join("sbom-sources"))?;
        let prefix = format!("--prefix={}/", folder.display());
        Run::new("git checkout-index --all").args(&[prefix]).go()?;
        Ok(folder)
    };
    COPIED.get_or_init(copy).clone()
}

/// Writes the bill of materials of the Python package, from an environment into which a wheel is unpacked. The wheel may be one for
/// another processor, which `pip` would refuse.
pub(super) fn of_wheel(wheel: &Path, to: &Path) -> Result<(), String> {
    let tools = tools()?;
    let folder = staging("sbom-of-wheel")?;
    Run::new("python3 -m venv --without-pip venv").in_folder(&folder).go()?;
    let python = folder.join("venv/bin/python").display().to_string();
    let packages = Run::program(&python, "-c")
        .args(&["import sysconfig; print(sysconfig.get_path('purelib'))".to_string()])
        .output()?;
    tools
        .run("-m zipfile -e")
        .args(&[wheel.display().to_string(), packages.trim().to_string()])
        .go()?;
    let project = root().join("bindings/python/pyproject.toml").display().to_string();
    tools
        .run("-m cyclonedx_py environment --output-reproducible --pyproject")
        .args(&[project, "--output-file".into(), to.display().to_string(), python])
        .go()
}

/// Writes the bill of materials of a package of npm.
pub(super) fn of_npm(package: &str, to: &Path) -> Result<(), String> {
    if !root().join(NPM).join("node_modules").is_dir() {
        install::announce(&format!("the packages of {NPM}/package-lock.json"), REASON)?;
        with_node(Run::new("npm ci --no-audit --no-fund --loglevel=error").within(NPM)).go()?;
    }
    let tool = root().join(NPM).join("node_modules/.bin/cyclonedx-npm").display().to_string();
    let line = format!(
        "--package-lock-only --omit dev --output-reproducible --mc-type library --workspace {package} --output-file"
    );
    with_node(Run::program(&tool, &line))
        .within("bindings/web")
        .args(&[to.display().to_string(), "package.json".to_string()])
        .go()
}

/// Reads all bills of materials of a folder with the library for Python, and prints their counts of components.
pub(super) fn read(folder: &Path) -> Result<(), String> {
    let files = files_below(folder)?.into_iter().map(|file| file.display().to_string());
    let mut files: Vec<String> = files.filter(|file| file.ends_with(END)).collect();
    files.sort_unstable();
    let counts = tools()?.run("-B -c").args(&[READ.to_string()]).args(&files).output()?;
    say!("components of the bills of materials:\n{counts}");
    Ok(())
}

fn tools() -> Result<Environment, String> {
    let tools = Environment::below("dist-work/sbom", "xtask/tools/sbom.txt")?;
    tools.prepare(REASON)?;
    Ok(tools)
}
