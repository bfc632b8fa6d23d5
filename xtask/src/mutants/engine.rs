//! `cargo xtask mutants run fh-eval`: the recorded answers of further systems, drawn cases or the tests of the engine must find each mutant of
//! its dialects and of its patterns.

use super::{cargo_in_copy, mutants};
use crate::shell::{Run, target_folder};

/// Compares the answers of a system, such as that of the table `fh-eval/mutants/featbit.toml`, draws cases and runs the tests of the dialect:
/// once without a mutant, and then with each mutant, until one of the three finds it.
pub(crate) fn run() -> Result<(), String> {
    let mutants = mutants()?;
    cargo_in_copy("cargo build --locked --quiet -p fh-conformance")?.go()?;
    let program = target_folder().join("mutants/build/debug/fh-conformance").display().to_string();
    let (mut found, mut missed) = (0, Vec::new());
    let mut last = "";
    for mutant in mutants.of("fh-eval") {
        let system = mutant.table();
        // No answer of a system is about patterns alone. The recorded answers of languages are a test.
        let is_system = system != "patterns";
        let answers = || Run::program(&program, &format!("systems run --system {system}"));
        let drawn = || Run::program(&program, "systems diff --count 20000");
        let tests = || {
            let options = match is_system {
                true => format!("--features {system} --test {system} --test featbit_rules"),
                false => "--features featbit --test look_around".to_string(),
            };
            cargo_in_copy(&format!("cargo test --locked --quiet -p fh-eval {options}"))
        };
        if system != last {
            let is_equal = !is_system || (answers().succeeds() && drawn().succeeds());
            if !is_equal || !tests()?.succeeds() {
                return Err(format!("{system}: there are differences without a mutant"));
            }
            last = system;
        }
        let by = if is_system && !answers().env("FH_MUTANT", &mutant.name).succeeds() {
            "answers"
        } else if system == "featuresignals" && !drawn().env("FH_MUTANT", &mutant.name).succeeds() {
            "drawn"
        } else if !tests()?.env("FH_MUTANT", &mutant.name).succeeds() {
            "tests"
        } else {
            missed.push(mutant.name.as_str());
            "NOT FOUND"
        };
        println!("{by:<10} {:<28} {}", mutant.name, mutant.breaks);
        found += usize::from(by != "NOT FOUND");
    }
    println!("{found} of {} mutants found", found + missed.len());
    match missed.as_slice() {
        [] => Ok(()),
        missed => Err(format!("no answer and no test finds {}", missed.join(", "))),
    }
}
