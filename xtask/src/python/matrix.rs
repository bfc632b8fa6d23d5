//! `cargo xtask python matrix`: the examples and the tests of forks on every version of CPython that can be had.

use std::path::Path;

use super::debian_testing;
use super::environment::create;
use super::trial::{INSTALL, REQUIREMENTS, Row, Tried, test};
use super::wheels::{MANYLINUX, REASON, Wheels};
use crate::output::say;
use crate::shell::{Run, root};
use crate::workspace::binary;

/// The versions for which the package is meant.
const VERSIONS: [&str; 6] = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"];

/// Runs the tests on the named interpreters, on those of the search path, and on those of Debian testing.
pub(crate) fn run(named: &[String]) -> Result<(), String> {
    let wheels = Wheels::prepare(REASON)?;
    let wheel = wheels.build(&MANYLINUX)?;
    let tried = Tried { folder: wheels.tools_folder().join("matrix"), wheel, fh: binary("fh")? };
    let is_there = |name: &String| Run::new(&format!("{name} --version")).succeeds();
    let found = VERSIONS.map(|version| format!("python{version}")).into_iter().filter(is_there);
    let mut rows: Vec<Row> = named.iter().cloned().chain(found).map(|it| tried.on(&it)).collect();
    rows.extend(debian_testing::rows(&tried, &wheels));
    let of_version = |version: &&str| rows.iter().any(|row| row.is_of(version));
    let mut missing: Vec<&str> = VERSIONS.into_iter().filter(|it| !of_version(it)).collect();
    missing.extend(["3.14t", "3.15t"].iter().filter(|kind| !is_there(&format!("python{kind}"))));
    rows.extend(
        missing.into_iter().map(|it| Row::not_tried(it, "", "no such interpreter was found")),
    );
    say!("\n| CPython | interpreter | examples and fork tests |\n|---|---|---|");
    for Row { version, origin, outcome, .. } in &rows {
        say!("| {version} | {origin} | {outcome} |");
    }
    // An interpreter that could not be had is no failure. Tests that failed are.
    match rows.iter().filter(|row| row.has_failed).count() {
        0 => Ok(()),
        count => Err(format!("the tests failed on {count} interpreters")),
    }
}

impl Tried {
    /// Installs the wheel into a fresh environment of an interpreter, and runs the tests there.
    fn on(&self, interpreter: &str) -> Row {
        let version = Run::new(interpreter).args(&["--version".to_string()]).output();
        let version = version.unwrap_or_default().trim().replace("Python ", "");
        if version.is_empty() {
            return Row::not_tried("", interpreter, "the interpreter does not start");
        }
        let tests = self.test(interpreter, &self.folder.join(&version));
        Row::new(version, interpreter, tests)
    }

    fn test(&self, interpreter: &str, folder: &Path) -> Result<String, String> {
        create(folder, interpreter)?;
        let python = folder.join("venv/bin/python").display().to_string();
        let run = |line: &str| Run::program(&python, line).in_folder(folder);
        run(INSTALL).args(&[root().join(REQUIREMENTS).display().to_string()]).go()?;
        run("-m pip install --quiet --disable-pip-version-check --no-index")
            .args(&[self.wheel.display().to_string()])
            .go()?;
        let fh = self.fh.display().to_string();
        test(&root(), |options| run(&format!("-B{options}")).env("FH", &fh))
    }
}
