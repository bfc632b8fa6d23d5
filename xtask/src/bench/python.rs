//! `cargo xtask bench python`: measures the Python package beside published SDKs, and writes the tables of
//! `docs/project/performance-python.md`.

use std::fs;

use super::page::{circumstances, publish, write_payloads};
use crate::python::environment::Environment;
use crate::python::{PACKAGE, build_wheel};
use crate::shell::root;

const PAGE: &str = "docs/project/performance-python.md";
const REQUIREMENTS: &str = "bindings/python/bench/requirements.txt";
/// The packages whose versions the page names.
const NAMED: [&str; 10] = [
    "featurehub-sdk",
    "eppo-server-sdk",
    "statsig-python-core",
    "growthbook",
    "launchdarkly-server-sdk",
    "unleashclient",
    "configcat-client",
    "pyarrow",
    "polars",
    "numpy",
];

/// Builds the wheel with the profile `release`, installs it beside the SDKs, and measures. Without arguments, replaces the tables of
/// the page; with some, prints the tables only.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let environment = Environment::below("python-bench", REQUIREMENTS)?;
    environment.prepare("the Python package is measured beside published SDKs")?;
    environment.install_wheel(&build_wheel(&environment, "release")?)?;
    let payloads = environment.folder.join("payloads").display().to_string();
    write_payloads(&payloads)?;
    let program = root().join(PACKAGE).join("bench/measure.py").display().to_string();
    let measure = environment.run("-B").args(&[program, payloads]);
    if !arguments.is_empty() {
        return measure.args(arguments).go();
    }
    let tables = environment.folder.join("tables.md");
    measure.args(&["--markdown".to_string(), tables.display().to_string()]).go()?;
    let circumstances = circumstances(&environment.run("--version").output()?, &versions()?)?;
    publish(PAGE, "bench python", &circumstances, &[tables], &["Goals", "Reads"])
}

/// Returns the versions of the packages that the page names.
fn versions() -> Result<Vec<String>, String> {
    let requirements = fs::read_to_string(root().join(REQUIREMENTS))
        .map_err(|why| format!("{REQUIREMENTS}: {why}"))?;
    let versions = requirements
        .lines()
        .filter_map(|line| line.strip_suffix(" \\")?.split_once("=="))
        .filter(|(name, _)| NAMED.contains(name))
        .map(|(name, version)| format!("{name} {version}"));
    Ok(versions.collect())
}
