//! `cargo xtask python matrix`: the examples and the tests of forks on every version of CPython that can be had.

use std::path::Path;

use super::PACKAGE;
use super::debian_testing;
use super::environment::create;
use super::trial::{INSTALL, Outcome, REQUIREMENTS, Row, Tried, smoke, summary, tests};
use super::wheels::{MANYLINUX, REASON, Wheels};
use crate::output::say;
use crate::shell::{Run, root};
use crate::workspace::binary;

/// The versions for which the package is meant.
pub(crate) const VERSIONS: [&str; 6] = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"];

impl Row {
    fn missing(version: &str) -> Self {
        let outcome = Outcome::NotTried("no such interpreter was found".to_string());
        Self { version: version.to_string(), origin: String::new(), outcome }
    }
}

/// Runs the tests on the named interpreters, on those of the search path, and on those of Debian testing.
pub(crate) fn run(named: &[String]) -> Result<(), String> {
    let wheels = Wheels::prepare(REASON)?;
    let wheel = wheels.build(&MANYLINUX)?;
    let tried = Tried { folder: wheels.tools_folder().join("matrix"), wheel, fh: binary("fh")? };
    let mut rows = Vec::new();
    for interpreter in named {
        rows.push(tried.on(interpreter));
    }
    for version in VERSIONS {
        let interpreter = format!("python{version}");
        if Run::new(&format!("{interpreter} --version")).succeeds() {
            rows.push(tried.on(&interpreter));
        }
    }
    rows.extend(debian_testing::rows(&tried, &wheels));
    for version in VERSIONS {
        if !rows.iter().any(|row| row.version.starts_with(&format!("{version}."))) {
            rows.push(Row::missing(version));
        }
    }
    for kind in ["3.14t", "3.15t"] {
        if !Run::new(&format!("python{kind} --version")).succeeds() {
            rows.push(Row::missing(kind));
        }
    }
    print_table(&rows);
    // An interpreter that could not be had is no failure. Tests that failed are.
    let is_failure = |row: &&Row| matches!(row.outcome, Outcome::Failed(_));
    match rows.iter().filter(is_failure).count() {
        0 => Ok(()),
        count => Err(format!("the tests failed on {count} interpreters")),
    }
}

fn print_table(rows: &[Row]) {
    say!("\n| CPython | interpreter | examples and fork tests |\n|---|---|---|");
    for Row { version, origin, outcome } in rows {
        let (kind, text) = match outcome {
            Outcome::Passed(counts) => ("", counts),
            Outcome::Failed(why) => ("failed: ", why),
            Outcome::NotTried(why) => ("not tried: ", why),
        };
        say!("| {version} | {origin} | {kind}{} |", text.lines().last().unwrap_or_default());
    }
}

impl Tried {
    /// Installs the wheel into a fresh environment of an interpreter, and runs the tests there.
    fn on(&self, interpreter: &str) -> Row {
        let version = Run::new(interpreter).args(&["--version".to_string()]).output();
        let version = version.unwrap_or_default().trim().replace("Python ", "");
        let outcome = match version.is_empty() {
            true => Outcome::NotTried("the interpreter does not start".to_string()),
            false => Outcome::of(self.test(interpreter, &self.folder.join(&version))),
        };
        Row { version, origin: interpreter.to_string(), outcome }
    }

    fn test(&self, interpreter: &str, folder: &Path) -> Result<String, String> {
        create(folder, interpreter)?;
        let python = folder.join("venv/bin/python").display().to_string();
        let run = |line: &str| Run::program(&python, line).in_folder(folder);
        run(INSTALL).args(&[root().join(REQUIREMENTS).display().to_string()]).go()?;
        run("-m pip install --quiet --disable-pip-version-check --no-index")
            .args(&[self.wheel.display().to_string()])
            .go()?;
        let package = root().join(PACKAGE);
        let fh = self.fh.display().to_string();
        run("-B").args(&smoke(&root(), &package)).env("FH", &fh).go()?;
        summary(run("-B -m pytest -q -p no:cacheprovider").args(&tests(&package)).env("FH", &fh))
    }
}
