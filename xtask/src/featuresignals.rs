//! Our client of FeatureSignals against the test server, and against the real server, built from a checkout of its source.

use crate::shell::{Run, root, target_folder};
use crate::workspace;

/// The program that checks the client.
const PROGRAM: &str = "fh-featuresignals-check";

/// Checks the client against the test server: the part `featuresignals` of `cargo xtask test`.
pub(crate) fn test() -> Result<(), String> {
    let data = root().join("conformance/data").display().to_string();
    Run::program(&workspace::binary(PROGRAM)?.display().to_string(), "--data").args(&[data]).go()
}

/// Runs the real server with the recorded ruleset and the recorded requests, and the client against it.
pub(crate) fn command(arguments: &[String]) -> Result<(), String> {
    let [live, rest @ ..] = arguments else { return Err(usage()) };
    if live != "live" {
        return Err(usage());
    }
    Run::new(&format!("cargo build --locked -p {PROGRAM}")).go()?;
    let program = target_folder().join("debug").join(PROGRAM).display().to_string();
    let script = root().join("xtask/featuresignals/live.py").display().to_string();
    // The paths of the arguments are those of the caller.
    let folder = std::env::current_dir().map_err(|why| why.to_string())?;
    let script = Run::new("python3 -B").args(&[script, "--client".to_string(), program]);
    script.args(rest).in_folder(&folder).go()
}

fn usage() -> String {
    "cargo xtask featuresignals live FOLDER [--with-flush]".to_string()
}
