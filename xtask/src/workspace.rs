//! The one build of the workspace: all test programs, examples and binaries, with the profile `dev` and the features of the whole workspace.
//!
//! The parts start the built programs by their paths. `cargo … -p CRATE` would choose other features for the crates below, and compile them again.

use std::fs;
use std::path::{PathBuf, absolute};
use std::sync::OnceLock;

use serde_json::Value;

use crate::shell::{Run, target_folder};
use crate::tools;

/// The extension module for Python is no program that a test could link.
const PACKAGES: &str = "--workspace --exclude fh-python";

/// The files that describe the build to nextest.
struct Descriptions {
    /// The test programs.
    binaries: PathBuf,
    /// The output of `cargo metadata`.
    cargo: PathBuf,
}

impl Descriptions {
    fn new() -> Result<Self, String> {
        let folder = folder()?.join("nextest");
        fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        Ok(Self { binaries: folder.join("binaries.json"), cargo: folder.join("cargo.json") })
    }
}

/// Installs the program that runs the tests.
pub(crate) fn prepare() -> Result<(), String> {
    tools::prepare()
}

/// Builds everything, unless this process has built it already.
pub(crate) fn build() -> Result<(), String> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    BUILT.get_or_init(build_now).clone()
}

fn build_now() -> Result<(), String> {
    prepare()?;
    let files = Descriptions::new()?;
    let list = "nextest list --locked --list-type binaries-only --message-format json";
    let (binaries, listed) =
        tools::run("cargo-nextest", &format!("{list} {PACKAGES}"))?.capture()?;
    listed?;
    let (cargo, described) =
        Run::new("cargo metadata --locked --format-version 1 --all-features").capture()?;
    described?;
    for (file, text) in [(&files.binaries, binaries), (&files.cargo, cargo)] {
        fs::write(file, text).map_err(|why| format!("{}: {why}", file.display()))?;
    }
    Ok(())
}

/// Returns a run of nextest on the built programs. Cargo is not started, so that other parts can build meanwhile.
pub(crate) fn nextest(line: &str) -> Result<Run, String> {
    build()?;
    let files = Descriptions::new()?;
    let (binaries, cargo) =
        (files.binaries.display().to_string(), files.cargo.display().to_string());
    let run = tools::run("cargo-nextest", &format!("nextest {line}"))?;
    Ok(run.args(&[
        "--binaries-metadata".to_string(),
        binaries,
        "--cargo-metadata".to_string(),
        cargo,
    ]))
}

/// Runs the examples of the doc comments, which nextest cannot run.
pub(crate) fn doc_examples() -> Result<(), String> {
    Run::new(&format!("cargo test --locked --doc {PACKAGES}")).go()
}

/// Returns the path of a binary of the workspace, such as `fh`, after it was built. A binary that the build did not write is an error, since a
/// file of this name would be an old one.
pub(crate) fn binary(name: &str) -> Result<PathBuf, String> {
    build()?;
    let list = Descriptions::new()?.binaries;
    let described =
        fs::read_to_string(&list).map_err(|why| format!("{}: {why}", list.display()))?;
    let described: Value =
        serde_json::from_str(&described).map_err(|why| format!("{}: {why}", list.display()))?;
    match is_built(&described, name) {
        true => Ok(folder()?.join("debug").join(name)),
        false => Err(format!(
            "the build of the workspace has no binary `{name}`: Cargo builds the binaries of packages with a test in `tests` only"
        )),
    }
}

/// Returns true if the description of a build has the binary `name`.
fn is_built(described: &Value, name: &str) -> bool {
    let packages = described.pointer("/rust-build-meta/non-test-binaries");
    let packages = packages.and_then(Value::as_object);
    let mut binaries = packages.into_iter().flat_map(|packages| packages.values());
    binaries.any(|binaries| {
        binaries.as_array().is_some_and(|binaries| {
            binaries.iter().any(|it| it.get("name").is_some_and(|it| it == name))
        })
    })
}

/// Returns a run of the conformance suite, with the arguments of a line.
pub(crate) fn suite(line: &str) -> Result<Run, String> {
    Ok(Run::program(&binary("fh-conformance")?.display().to_string(), line))
}

fn folder() -> Result<PathBuf, String> {
    absolute(target_folder()).map_err(|why| why.to_string())
}
