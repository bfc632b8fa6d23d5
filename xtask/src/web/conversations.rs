//! `cargo xtask web conversations`: the files with which TypeScript is compared with Rust (`bindings/web/equality/README.md`).

use std::path::absolute;

use crate::shell::{Run, target_folder};

const USAGE: &str = "cargo xtask web conversations [--count N]";

/// The test of the simulation that writes the files.
const WRITER: &str = "cargo test --locked -p fh-session --test simulation conversations_are_written -- --ignored --nocapture";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let folder =
        absolute(target_folder().join("web/conversations")).map_err(|why| why.to_string())?;
    let writer = Run::new(WRITER).env("FH_CONVERSATIONS", &folder.display().to_string());
    let writer = match arguments {
        [] => writer,
        [flag, count] if flag == "--count" => {
            let count: u64 =
                count.parse().map_err(|_| format!("--count takes a whole number, not {count}"))?;
            writer.env("FH_CONVERSATIONS_COUNT", &count.to_string())
        }
        _ => return Err(USAGE.to_string()),
    };
    writer.go()?;
    println!("    the conversations are in {}", folder.display());
    Ok(())
}
