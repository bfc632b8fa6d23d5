//! `cargo xtask mutants run cluster`: the tests of servers with one state in PostgreSQL must find each mutant of `server/edge/mutants/cluster.toml`.

use super::{cargo_in_copy, mutants, unknown};
use crate::output::say;
use crate::shell::Run;

/// The table of these mutants.
pub(super) const TABLE: &str = "cluster";

const TESTS: &str = "cargo test --locked --quiet -p fh-edge --features cluster --test cluster";

/// Runs the tests without a mutant, and then with each mutant, or with those of these names.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let mutants = mutants()?;
    let of_cluster = mutants.of("server/edge").filter(|mutant| mutant.table() == TABLE);
    let all: Vec<_> = of_cluster.collect();
    if let Some(name) = names.iter().find(|name| all.iter().all(|mutant| mutant.name != **name)) {
        return Err(unknown(name));
    }
    // The time limit of the tests is none for the build.
    cargo_in_copy(&format!("{TESTS} --no-run"))?.go()?;
    if !tests()?.succeeds() {
        return Err("the tests of the cluster fail without a mutant".into());
    }
    let mut missed = Vec::new();
    for mutant in all.iter().filter(|it| names.is_empty() || names.contains(&&*it.name)) {
        let is_found = !tests()?.env("FH_MUTANT", &mutant.name).succeeds();
        let outcome = if is_found { "found" } else { "NOT FOUND" };
        say!("    {outcome:<10} {:<30} {}", mutant.name, mutant.breaks);
        missed.extend((!is_found).then_some(&*mutant.name));
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("not found: {}", missed.join(", "))) }
}

/// Returns a run of the tests. It ends after five minutes, because a mutant may withhold what a test waits for.
fn tests() -> Result<Run, String> {
    cargo_in_copy(&format!("timeout 300 {TESTS}"))
}
