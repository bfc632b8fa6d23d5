//! `cargo xtask mutants run fh-edge`: the scenarios for servers must find the mutants of the Edge and its listener.

use std::collections::BTreeSet;

use super::cluster;
use super::table::Mutant;
use super::{cargo_in_copy, mutants, unknown};
use crate::output::say;
use crate::shell::{Run, target_folder};
use crate::side_by_side;

/// The mutated crates.
const CRATES: [&str; 2] = ["server/edge", "server/listen"];

/// Number of mutants that are tried at once.
const JOBS: usize = 4;

/// Runs all scenarios without a mutant, and then with each mutant the scenarios that its row names. Each of these must fail, and each
/// scenario must be in a row. With names, tries only these mutants.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let mutants = mutants()?;
    let all = CRATES.iter().flat_map(|folder| mutants.of(folder));
    let all: Vec<&Mutant> = all.filter(|mutant| mutant.table() != cluster::TABLE).collect();
    if let Some(name) = names.iter().find(|name| all.iter().all(|mutant| mutant.name != **name)) {
        return Err(unknown(name));
    }
    cargo_in_copy("cargo build --locked --quiet -p fh-cli -p fh-conformance")?.go()?;
    let (program, fh) = (program("fh-conformance"), program("fh"));
    let failing = |mutant: Option<&Mutant>| failing(&program, &fh, mutant);
    let mut wrong: Vec<String> = failing(None)?
        .into_iter()
        .map(|id| format!("{id} fails without a mutant"))
        .chain(unnamed(&program, &all)?)
        .collect();
    let wanted: Vec<&Mutant> =
        all.into_iter().filter(|it| names.is_empty() || names.contains(&&*it.name)).collect();
    let missed = side_by_side::each(&wanted, JOBS, |mutant| {
        let found = failing(Some(mutant)).unwrap_or_else(|printed| {
            say!("{printed}");
            BTreeSet::new()
        });
        let missing = mutant.scenarios.iter().filter(|id| !found.contains(*id));
        let missed: Vec<String> =
            missing.map(|id| format!("{id} passes with {}", mutant.name)).collect();
        let outcome = if missed.is_empty() { "found" } else { "NOT FOUND" };
        say!("    {outcome:<10} {:<28} {}", mutant.name, mutant.breaks);
        missed
    })?;
    let missed: Vec<String> = missed.into_iter().flatten().collect();
    say!("{} mutants; {} scenarios miss theirs", wanted.len(), missed.len());
    wrong.extend(missed);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// Returns the path of a program that was built in the copy.
fn program(name: &str) -> String {
    target_folder().join("mutants/build/debug").join(name).display().to_string()
}

/// Returns the scenarios that fail: those that the mutant names, or all without a mutant.
fn failing(program: &str, fh: &str, mutant: Option<&Mutant>) -> Result<BTreeSet<String>, String> {
    // A mutant may withhold what a scenario waits for.
    let mut run = Run::program(program, "server run --patience 10 --fh").args(&[fh.to_string()]);
    if let Some(mutant) = mutant {
        let only = mutant.scenarios.iter().map(|id| format!("--only={id}"));
        run = run.env("FH_MUTANT", &mutant.name).args(&only.collect::<Vec<_>>());
    }
    let Err(text) = run.output() else { return Ok(BTreeSet::new()) };
    let failed = text.lines().filter(|line| line.contains(" s  fail: "));
    let failed: BTreeSet<String> =
        failed.filter_map(|line| Some(line.split(' ').next()?.to_string())).collect();
    if failed.is_empty() { Err(text) } else { Ok(failed) }
}

/// Returns a line for each scenario that no mutant names.
fn unnamed(program: &str, mutants: &[&Mutant]) -> Result<Vec<String>, String> {
    let listed = Run::program(program, "server list").output()?;
    let ids =
        listed.lines().filter_map(|line| line.split(' ').next()).filter(|id| id.starts_with("S-"));
    let is_named =
        |id: &&str| mutants.iter().any(|it| it.scenarios.iter().any(|named| named == id));
    Ok(ids.filter(|id| !is_named(id)).map(|id| format!("no mutant names {id}")).collect())
}
