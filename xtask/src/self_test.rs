//! `cargo xtask self-test`: the scenarios for clients against the client with mutants. Each mutant must be found, and each scenario must
//! find one. It is a part of `cargo xtask prove`, with the mutants that the scenarios claim to find.

use crate::mutants;
use crate::shell::target_folder;

/// The page in the target folder that shows which scenario finds which mutant.
const PAGE: &str = "kills.md";

/// Runs `fh-conformance self-test clients`, built from the copy that holds all mutants, with these further arguments. A full run of all
/// mutants writes the page.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut arguments = arguments.to_vec();
    let is_part = ["--mutant", "--group", "--only", "--markdown"];
    let is_whole = !arguments.iter().any(|argument| is_part.contains(&argument.as_str()));
    if is_whole && arguments.iter().any(|argument| argument == "--full") {
        let page =
            std::path::absolute(target_folder().join(PAGE)).map_err(|why| why.to_string())?;
        arguments.extend(["--markdown".to_string(), page.display().to_string()]);
    }
    mutants::cargo_in_copy("cargo run --locked --quiet -p fh-conformance -- self-test clients")?
        .args(&arguments)
        .go()
}
