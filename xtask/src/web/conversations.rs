//! `cargo xtask web conversations`: the files with which TypeScript is compared with Rust (`bindings/web/equality/README.md`).

use std::path::{PathBuf, absolute};

use crate::mutants;
use crate::output::say;
use crate::shell::{Run, root, target_folder};

const USAGE: &str = "cargo xtask web conversations [--count N | --commit]";

/// The test of the simulation that writes the files. Unoptimized, it takes minutes, most of them to compress.
const WRITER: &str = "cargo test --locked --profile suite -p fh-session --test simulation conversations_are_written -- --ignored --nocapture";

/// The test that chooses the committed conversations. It needs the mutants of the session.
const CHOOSER: &str = "cargo test --locked -p fh-session --test simulation conversations_are_chosen -- --ignored --nocapture";

/// The folder of the committed conversations.
const COMMITTED: &str = "bindings/web/equality/data/conversations";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if arguments == ["--commit"] {
        return commit();
    }
    let count = match arguments {
        [] => None,
        [flag, count] if flag == "--count" => {
            let bad = |_| format!("--count takes a whole number, not {count}");
            Some(count.parse().map_err(bad)?)
        }
        _ => return Err(USAGE.to_string()),
    };
    let folder = write(count)?;
    say!("    the conversations are in {}", folder.display());
    Ok(())
}

/// Chooses the committed conversations and writes them.
fn commit() -> Result<(), String> {
    let folder = absolute(root().join(COMMITTED)).map_err(|why| why.to_string())?;
    mutants::cargo_in_copy(CHOOSER)?.env("FH_CONVERSATIONS", &folder.display().to_string()).go()
}

/// Writes this many conversations, or the default number, and returns their folder.
pub(crate) fn write(count: Option<u64>) -> Result<PathBuf, String> {
    let folder =
        absolute(target_folder().join("web/conversations")).map_err(|why| why.to_string())?;
    let writer = Run::new(WRITER).env("FH_CONVERSATIONS", &folder.display().to_string());
    let writer = match count {
        None => writer,
        Some(count) => writer.env("FH_CONVERSATIONS_COUNT", &count.to_string()),
    };
    writer.go()?;
    Ok(folder)
}
