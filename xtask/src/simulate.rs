//! `cargo xtask simulate`: runs the session's simulation with mutants of the session. Each mutant must be found, and each of the session or the
//! repository must change a committed conversation or sequence.

use crate::mutants;

/// Number of scripts without a mutant, for FeatureHub and for each further system. An ordinary test runs fewer scripts of the latter.
const SCRIPTS: &str = "10000";

/// The test that each mutant of the repository changes a sequence. That of conversations is one of the simulation's tests.
const SEQUENCES: &str =
    "cargo test --locked -p fh-repository --test sequences each_mutant -- --nocapture";

/// Runs the simulation with all mutants, or with the named one.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let test =
        "cargo test --locked -p fh-session --features featbit,featuresignals --test simulation";
    match arguments {
        [] => {
            mutants::cargo_in_copy(&format!("{test} -- --nocapture"))?
                .env("FH_SIMULATION_SCRIPTS", SCRIPTS)
                .go()?;
            mutants::cargo_in_copy(SEQUENCES)?.go()
        }
        [name] => {
            mutants::find(name)?;
            mutants::cargo_in_copy(&format!("{test} mutants:: -- --nocapture"))?
                .env("FH_MUTANT", name)
                .go()
        }
        _ => Err("cargo xtask simulate [NAME]".to_string()),
    }
}
