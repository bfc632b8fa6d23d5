//! `cargo xtask mutants run fh-eval`: the answers of FeatBit and FeatureSignals must find each mutant of the engine.

use super::{cargo_in_copy, mutants};
use crate::shell::{Run, target_folder};

/// Compares the answers once without a mutant, and once with each mutant of the table of a system, such as `fh-eval/mutants/featbit.toml`.
pub(crate) fn run() -> Result<(), String> {
    let mutants = mutants()?;
    cargo_in_copy("cargo build --locked --quiet -p fh-conformance")?.go()?;
    let program = target_folder().join("mutants/build/debug/fh-conformance").display().to_string();
    let (mut found, mut missed) = (0, Vec::new());
    let mut last = "";
    for mutant in mutants.of("fh-eval") {
        let system = mutant.table();
        let run = || Run::program(&program, &format!("systems run --system {system}"));
        if system != last {
            if !run().succeeds() {
                return Err(format!("{system}: there are differences without a mutant"));
            }
            last = system;
        }
        let is_found = !run().env("FH_MUTANT", &mutant.name).succeeds();
        println!(
            "{:<10} {:<28} {}",
            if is_found { "found" } else { "NOT FOUND" },
            mutant.name,
            mutant.breaks
        );
        if is_found {
            found += 1;
        } else {
            missed.push(mutant.name.as_str());
        }
    }
    println!("{found} of {} mutants found", found + missed.len());
    match missed.as_slice() {
        [] => Ok(()),
        missed => Err(format!("no answer finds {}", missed.join(", "))),
    }
}
