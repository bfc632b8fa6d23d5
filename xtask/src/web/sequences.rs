//! `cargo xtask web sequences`: the files with which the repository in TypeScript is compared with Rust
//! (`bindings/web/equality/README.md`).

use std::path::{PathBuf, absolute};

use crate::output::say;
use crate::shell::{Run, target_folder};

/// Writes or compares the committed sequences.
const TEST: &str = "cargo test --locked -p fh-repository --test sequences";
/// Writes all sequences, optimized because they are many.
const WRITER: &str = "cargo test --locked --profile suite -p fh-repository --test sequences sequences_are_written -- --ignored";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => {
            let folder = write()?;
            say!("    the sequences are in {}", folder.display());
            Ok(())
        }
        [flag] if flag == "--commit" => Run::new(TEST).env("FH_SEQUENCES", "commit").go(),
        _ => Err("cargo xtask web sequences [--commit]".to_string()),
    }
}

/// Writes 5,000 sequences, and returns their folder.
pub(crate) fn write() -> Result<PathBuf, String> {
    let folder = absolute(target_folder().join("web/sequences")).map_err(|why| why.to_string())?;
    Run::new(WRITER).env("FH_SEQUENCES", &folder.display().to_string()).go()?;
    Ok(folder)
}
