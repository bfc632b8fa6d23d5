//! The files with which TypeScript is compared with Rust (`bindings/web/equality/README.md`): what the session does in the scripts of its
//! simulation, and what the repository does in drawn sequences.

use std::path::{PathBuf, absolute};

use crate::mutants;
use crate::output::say;
use crate::shell::{Run, root, target_folder};

/// The tests that write all files. They are optimized, because the files are many.
const CONVERSATIONS: &str = "cargo test --locked --profile suite -p fh-session --test simulation conversations_are_written -- --ignored --nocapture";
const SEQUENCES: &str = "cargo test --locked --profile suite -p fh-repository --test sequences sequences_are_written -- --ignored";
/// The test that chooses the committed conversations. It needs the mutants of the session.
const CHOOSER: &str = "cargo test --locked -p fh-session --test simulation conversations_are_chosen -- --ignored --nocapture";
/// The folder of the committed conversations.
const COMMITTED: &str = "bindings/web/equality/data/conversations";

/// Writes conversations, or chooses the committed ones again.
pub(crate) fn conversations(arguments: &[String]) -> Result<(), String> {
    let count = match arguments {
        [] => None,
        [flag] if flag == "--commit" => {
            let folder = absolute(root().join(COMMITTED)).map_err(|why| why.to_string())?;
            let folder = folder.display().to_string();
            return mutants::cargo_in_copy(CHOOSER)?.env("FH_CONVERSATIONS", &folder).go();
        }
        [flag, count] if flag == "--count" && count.parse::<u64>().is_ok() => Some(count.as_str()),
        _ => return Err("cargo xtask web conversations [--count N | --commit]".to_string()),
    };
    say!("    the conversations are in {}", write_conversations(count)?.display());
    Ok(())
}

/// Writes this many conversations, or the default number, and returns their folder.
pub(crate) fn write_conversations(count: Option<&str>) -> Result<PathBuf, String> {
    let (run, folder) = writer(CONVERSATIONS, "conversations", "FH_CONVERSATIONS")?;
    match count {
        None => run.go()?,
        Some(count) => run.env("FH_CONVERSATIONS_COUNT", count).go()?,
    }
    Ok(folder)
}

/// Writes sequences, or the committed ones.
pub(crate) fn sequences(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => {
            say!("    the sequences are in {}", write_sequences()?.display());
            Ok(())
        }
        [flag] if flag == "--commit" => {
            let test = "cargo test --locked -p fh-repository --test sequences";
            Run::new(test).env("FH_SEQUENCES", "commit").go()
        }
        _ => Err("cargo xtask web sequences [--commit]".to_string()),
    }
}

/// Writes 5,000 sequences, and returns their folder.
pub(crate) fn write_sequences() -> Result<PathBuf, String> {
    let (run, folder) = writer(SEQUENCES, "sequences", "FH_SEQUENCES")?;
    run.go()?;
    Ok(folder)
}

/// Returns a run of a test that writes into a folder, which a variable names, and the folder.
fn writer(test: &str, name: &str, variable: &str) -> Result<(Run, PathBuf), String> {
    let folder = absolute(target_folder().join("web").join(name)).map_err(|why| why.to_string())?;
    Ok((Run::new(test).env(variable, &folder.display().to_string()), folder))
}
