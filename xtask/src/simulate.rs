//! `cargo xtask simulate`: runs the session's simulation with mutants of the session. Each mutant must be found.

use crate::mutants;

/// Runs the simulation with all mutants, or with the named one.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let test = "cargo test --locked -p fh-session --test simulation";
    match arguments {
        [] => mutants::cargo_in_copy(&format!("{test} -- --nocapture"))?.go(),
        [name] => {
            mutants::find(name)?;
            mutants::cargo_in_copy(&format!("{test} mutants:: -- --nocapture"))?
                .env("FH_MUTANT", name)
                .go()
        }
        _ => Err("cargo xtask simulate [NAME]".to_string()),
    }
}
