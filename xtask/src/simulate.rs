//! `cargo xtask simulate`: runs the session's simulation with mutants of the session. Each mutant must be found.

use crate::mutants;

/// Number of scripts without a mutant, for FeatureHub and for each further system. An ordinary test runs fewer scripts of the latter.
const SCRIPTS: &str = "10000";

/// Runs the simulation with all mutants, or with the named one.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let test =
        "cargo test --locked -p fh-session --features featbit,featuresignals --test simulation";
    match arguments {
        [] => mutants::cargo_in_copy(&format!("{test} -- --nocapture"))?
            .env("FH_SIMULATION_SCRIPTS", SCRIPTS)
            .go(),
        [name] => {
            mutants::find(name)?;
            mutants::cargo_in_copy(&format!("{test} mutants:: -- --nocapture"))?
                .env("FH_MUTANT", name)
                .go()
        }
        _ => Err("cargo xtask simulate [NAME]".to_string()),
    }
}
