//! `cargo xtask quick`: format, lints and tests of the crates that changed since `main`, and a build of the crates
//! that depend on them.

use std::collections::BTreeSet;

use crate::crates::{Crates, RootChange};
use crate::docs;
use crate::shell::Run;

pub(crate) fn run() -> Result<(), String> {
    let crates = Crates::read()?;
    let base = merge_base()?;
    let files = changed_files(&base)?;
    let changed = crates.changed(files.iter().map(String::as_str), root_change(&base)?);
    Run::new("cargo fmt --all --check").go()?;
    let outside: Vec<&String> =
        files.iter().filter(|file| crates.owner(file).is_none() && file.ends_with(".rs")).collect();
    if !outside.is_empty() {
        println!("    outside the workspace, NOT CHECKED here: {outside:?}");
    }
    // The checks of pages and wording run after every change.
    let tested: BTreeSet<&str> =
        changed.iter().copied().chain((!files.is_empty()).then_some("xtask")).collect();
    if tested.is_empty() {
        println!("    nothing changed since main");
        return Ok(());
    }
    let packages = |names: &BTreeSet<&str>| -> Vec<String> {
        names.iter().flat_map(|name| ["-p".to_string(), (*name).to_string()]).collect()
    };
    let lints = ["--all-targets", "--", "-D", "warnings"].map(str::to_string);
    Run::new("cargo clippy --locked").args(&packages(&tested)).args(&lints).go()?;
    Run::new("cargo test --locked").args(&packages(&tested)).go()?;
    docs::check_pages()?;
    let dependents = crates.dependents(&changed);
    if !dependents.is_empty() {
        Run::new("cargo check --locked --all-targets").args(&packages(&dependents)).go()?;
    }
    Ok(())
}

/// Returns the newest commit that this branch shares with `main`.
fn merge_base() -> Result<String, String> {
    let base = Run::new("git merge-base main HEAD").output()?;
    match base.trim() {
        "" => Err("there is no branch `main` to compare with".to_string()),
        base => Ok(base.to_string()),
    }
}

/// Returns how the root's manifest and the lock file differ from a commit. The diff holds both files whole, so that it names the
/// table of each line.
fn root_change(base: &str) -> Result<RootChange, String> {
    let diff = format!("git diff --unified=100000 {base} -- Cargo.toml Cargo.lock");
    Ok(RootChange::of(&Run::new(&diff).output()?))
}

/// Returns the files that differ from a commit, whether their changes are committed or not.
fn changed_files(base: &str) -> Result<Vec<String>, String> {
    let changed = Run::new(&format!("git diff --name-only {base}")).output()?;
    let new = Run::new("git ls-files --others --exclude-standard").output()?;
    Ok(changed.lines().chain(new.lines()).map(str::to_string).collect())
}
