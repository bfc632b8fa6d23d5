//! `cargo xtask mutants run cluster`: the tests of servers with one state in PostgreSQL must find each mutant of `server/edge/mutants/cluster.toml`.

use super::{in_copy, mutants, unknown};
use crate::output::say;
use crate::shell::Run;
use crate::tools;

/// The table of these mutants.
pub(super) const TABLE: &str = "cluster";

/// Runs the tests without a mutant, and then with each mutant, or with those of these names.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let mutants = mutants()?;
    let of_cluster = mutants.of("server/edge").filter(|mutant| mutant.table() == TABLE);
    let all: Vec<_> = of_cluster.collect();
    if let Some(name) = names.iter().find(|name| all.iter().all(|mutant| mutant.name != **name)) {
        return Err(unknown(name));
    }
    tools::prepare()?;
    tests()?.go().map_err(|why| format!("the tests fail without a mutant: {why}"))?;
    let mut missed = Vec::new();
    for mutant in all.iter().filter(|it| names.is_empty() || names.contains(&&*it.name)) {
        let is_found = !tests()?.env("FH_MUTANT", &mutant.name).succeeds();
        let outcome = if is_found { "found" } else { "NOT FOUND" };
        say!("    {outcome:<10} {:<30} {}", mutant.name, mutant.breaks);
        missed.extend((!is_found).then_some(&*mutant.name));
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("not found: {}", missed.join(", "))) }
}

/// Returns a run of the tests, which the first failure ends. A test that a mutant keeps waiting ends after four minutes.
fn tests() -> Result<Run, String> {
    let line =
        "nextest run --locked -p fh-edge --features cluster --test cluster --max-fail 1:immediate";
    in_copy(tools::run("cargo-nextest", line)?)
}
