//! `cargo xtask mutants run fh-binding`: the tests of an app's lifecycle must find each of its mutants.

use super::{cargo_in_copy, mutants};
use crate::output::say;
use crate::shell::Run;

/// Runs the tests once without a mutant, and then with each mutant.
pub(crate) fn run() -> Result<(), String> {
    if !tests()?.succeeds() {
        return Err("the tests of the lifecycle fail without a mutant".to_string());
    }
    let mutants = mutants()?;
    let mut missed = Vec::new();
    for mutant in mutants.of("bindings/shared") {
        let is_found = !tests()?.env("FH_MUTANT", &mutant.name).succeeds();
        let outcome = if is_found { "found" } else { "NOT FOUND" };
        say!("    {outcome:<10} {:<28} {}", mutant.name, mutant.breaks);
        if !is_found {
            missed.push(mutant.name.as_str());
        }
    }
    match missed.as_slice() {
        [] => Ok(()),
        missed => Err(format!("no test of the lifecycle finds {}", missed.join(", "))),
    }
}

fn tests() -> Result<Run, String> {
    cargo_in_copy("cargo test --locked --quiet -p fh-binding --test lifecycle")
}
