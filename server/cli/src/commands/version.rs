//! `fh version`: describes the program.

use clap::Args;
use fh_edge::internal::{DATA_FORMAT, STATE_FORMAT};

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::screen::{BOLD, PLAIN, Screen};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit from which the program was built. A build sets it by this environment variable.
const COMMIT: Option<&str> = option_env!("FH_COMMIT");
const TARGET: &str = env!("FH_TARGET");

/// Show the version, the commit, the target and the data formats of this program.
///
/// The numbers of the formats say which files this program can read: another version of `fh` reads the same state file or data
/// folder if the number is the same.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh version
  fh version --json

Exit codes: 0 fine; 2 an error.")]
pub(crate) struct VersionArgs {}

pub(crate) fn run(json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    if json {
        let version = serde_json::json!({
            "version": VERSION, "commit": COMMIT, "target": TARGET,
            "formats": { "stateFile": STATE_FORMAT, "dataFolder": DATA_FORMAT },
        });
        json_output::document(screen.raw(), &version)?;
        return Ok(Status::Fine);
    }
    screen.line(BOLD, &format!("fh {VERSION}"))?;
    for (name, value) in [
        ("commit", COMMIT.unwrap_or("unknown").to_string()),
        ("target", TARGET.to_string()),
        ("state file", format!("format {STATE_FORMAT}")),
        ("data folder", format!("format {DATA_FORMAT}")),
    ] {
        screen.line(PLAIN, &format!("{name:<12} {value}"))?;
    }
    Ok(Status::Fine)
}
