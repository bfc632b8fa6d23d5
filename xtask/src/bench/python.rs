//! `cargo xtask bench python`: measures the Python package beside published SDKs, and writes the tables of
//! `docs/performance-python.md`.

use std::fs;

use super::page::{machine, replace_tables, write_payloads};
use crate::python::environment::Environment;
use crate::python::{PACKAGE, build_wheel};
use crate::shell::{Run, root};

const PAGE: &str = "docs/performance-python.md";
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
    let tables =
        fs::read_to_string(&tables).map_err(|why| format!("{}: {why}", tables.display()))?;
    let tables = format!("{}\n\n{tables}", circumstances(&environment)?);
    replace_tables(PAGE, "bench python", &tables, &["Goals", "Reads"])
}

/// Returns the date, the machine, its load, and the versions.
fn circumstances(environment: &Environment) -> Result<String, String> {
    let date = Run::new("date -u +%F").output()?;
    let python = environment.run("--version").output()?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().nth(2).unwrap_or("unknown").to_string();
    let requirements = fs::read_to_string(root().join(REQUIREMENTS))
        .map_err(|why| format!("{REQUIREMENTS}: {why}"))?;
    let versions: Vec<String> = requirements
        .lines()
        .filter_map(|line| line.strip_suffix(" \\")?.split_once("=="))
        .filter(|(name, _)| NAMED.contains(name))
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    Ok(format!(
        "Measured on {} with {}, on {}. The mean load of the last 15 minutes was {load}. Versions: {}.",
        date.trim(),
        python.trim(),
        machine(),
        versions.join(", ")
    ))
}
