//! `fh get --system featbit`: shows the flags of FeatBit's evaluation server for a user.

use fh_client::Snapshot;
use fh_eval::{Subject, Timestamp};

use super::featbit_eval;
use super::flags_eval;
use super::get::bare;
use crate::edge_query::EdgeQuery;
use crate::failure::{Failure, Status};
use crate::flags::Flags;
use crate::screen::Screen;

/// The command that lists the parts of flags that cannot be used, for the body of `latest-all`.
const LINT: &str = "fh lint --system featbit FILE";

/// Writes the flags of a snapshot, or the value of one flag alone.
pub(super) fn run(
    snapshot: &Snapshot,
    asked: &EdgeQuery,
    is_bare: bool,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    if !is_bare {
        return table(snapshot, asked, &asked.features, json, screen);
    }
    for key in &asked.features {
        flags(snapshot).get(key)?;
        bare(screen, snapshot.of(&asked.who).peek(key).value)?;
    }
    Ok(Status::Fine)
}

/// Writes the flags with these keys, or all flags without keys.
pub(super) fn table(
    snapshot: &Snapshot,
    asked: &EdgeQuery,
    keys: &[String],
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let subject = Subject::new(&asked.who, Timestamp::from_millis(0));
    let row = |flag| featbit_eval::row(flag, &subject);
    flags_eval::run(&flags(snapshot), keys, LINT, row, json, screen)
}

fn flags(snapshot: &Snapshot) -> Flags {
    let (name, ruleset) = ("the server".to_string(), snapshot.ruleset().clone());
    Flags { name, ruleset, archived: Vec::new() }
}
