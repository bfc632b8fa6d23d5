//! `cargo xtask self-test`: the scenarios for clients against the client with mutants. Each mutant must be found, and each scenario must
//! find one.

use crate::mutants;

/// Runs `fh-conformance self-test clients`, built from the copy that holds all mutants, with these further arguments.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    mutants::cargo_in_copy("cargo run --locked --quiet -p fh-conformance -- self-test clients")?
        .args(arguments)
        .go()
}
