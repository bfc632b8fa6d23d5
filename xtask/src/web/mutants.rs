//! Mutants of what only TypeScript has, such as storage and tabs. The test file of its table must find each. The committed conversations and
//! sequences find those of the session and the repository.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::build::{LOADED, build_once, build_traps};
use super::node::{WORKSPACE, prepare, with_node};
use crate::mutants::tested::{Tested, TestedPackage};
use crate::mutants::write_if_changed;
use crate::shell::{Run, root};

/// The packages with their mutants. Each test is a file.
const PACKAGES: TestedPackage = TestedPackage { folder: WORKSPACE, copies: "web" };

/// The settings of vitest: its defaults, with which each test may run, and one that hangs fails soon.
const SETTINGS: &str = "vitest.empty.config.js";

/// Builds the engines, and runs the tests with each mutant, or with those with these names.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    prepare()?;
    build_once()?;
    build_traps()?;
    find(names)
}

/// Runs the tests with each mutant, or with those with these names. The engines must be built.
pub(super) fn find(names: &[&str]) -> Result<(), String> {
    let copy = PACKAGES.write_copy()?;
    let web = copy.join(WORKSPACE);
    link(&root().join(WORKSPACE).join("node_modules"), &web.join("node_modules"))?;
    // fh-react imports the client of the copy.
    fs::create_dir_all(web.join("packages/node_modules")).map_err(|why| why.to_string())?;
    link(&web.join("packages/client"), &web.join("packages/node_modules/fh-client"))?;
    for entry in fs::read_dir(root().join(LOADED)).map_err(|why| why.to_string())? {
        let entry = entry.map_err(|why| why.to_string())?;
        let bytes = fs::read(entry.path()).map_err(|why| why.to_string())?;
        write_if_changed(&copy.join(LOADED).join(entry.file_name()), &bytes)?;
    }
    write_if_changed(&web.join(SETTINGS), b"export default {};\n")?;
    PACKAGES.check_together(check_types)?;
    PACKAGES.write_copy()?;
    let tests: Vec<String> = PACKAGES.tests()?.into_iter().collect();
    let limits = "--testTimeout 60000 --hookTimeout 60000";
    let (printed, outcome) = vitest(&copy, &format!("{limits} {}", tests.join(" ")))?;
    outcome.map_err(|why| format!("without a mutant: {why}\n{printed}"))?;
    PACKAGES.find_all(names, finds)
}

/// Returns true if the test of a mutant, which was applied to the copy, finds it.
fn finds(mutant: &Tested<'_>, copy: &Path) -> Result<bool, String> {
    let (printed, outcome) = vitest(copy, mutant.test)?;
    Ok(outcome.is_err() && printed.contains(mutant.found.unwrap_or(" FAIL ")))
}

/// Checks the types of changed files in a copy, so that no mutant is only a broken program.
fn check_types(copy: &Path, changed: &[String]) -> Result<(), String> {
    let files: Vec<String> = changed.iter().map(|file| format!("{:?}", copy.join(file))).collect();
    // A mutant may leave code unreachable, or a path without a result.
    let settings = format!(
        r#"{{ "extends": "./tsconfig.json", "files": [{}], "compilerOptions": {{ "noEmit": true, "types": ["node"], "jsx": "react-jsx",
        "lib": ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"], "noImplicitReturns": false, "allowUnreachableCode": true }} }}"#,
        files.join(", ")
    );
    let web = copy.join(WORKSPACE);
    write_if_changed(&web.join("tsconfig.mutants.json"), settings.as_bytes())?;
    let line = "node node_modules/typescript-7/bin/tsc -p tsconfig.mutants.json";
    with_node(Run::new(line)).in_folder(&web).go()
}

/// Runs test files in the copy. The result has both outputs, because vitest writes the failures to standard error.
fn vitest(copy: &Path, arguments: &str) -> Result<(String, Result<(), String>), String> {
    let line = format!("npx vitest run --config {SETTINGS} {arguments} 2>&1");
    with_node(Run::new("sh -c").args(&[line]))
        .env("FH_ENGINE", "required")
        .env("NO_COLOR", "1")
        .in_folder(&copy.join(WORKSPACE))
        .capture()
}

/// Makes a symbolic link, unless there is one.
fn link(to: &Path, from: &Path) -> Result<(), String> {
    match symlink(to, from) {
        Err(why) if why.kind() != ErrorKind::AlreadyExists => {
            Err(format!("{}: {why}", from.display()))
        }
        _ => Ok(()),
    }
}
