//! `fh get --system featbit` and `--system featuresignals`: shows the flags of a server for a user or a context.

use std::io::IsTerminal;

use fh_client::{Snapshot, System};
use fh_eval::{Subject, Timestamp, Value};

use crate::edge_query::EdgeQuery;
use crate::failure::{Failure, Status};
use crate::sanitize::visible;
use crate::screen::Screen;
use crate::systems::flags::Flags;
use crate::systems::{featbit, featuresignals, flag_table};

/// The command that lists the parts of FeatBit's flags that cannot be used, for the body of `latest-all`.
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
    // Flags of FeatBit, and answers of FeatureSignals' server, depend on no time.
    let subject = Subject::new(&asked.who, Timestamp::from_millis(0));
    let is_evaluated = snapshot.status().system == System::FeatureSignals;
    let lint = (!is_evaluated).then_some(LINT);
    let row = |flag| match is_evaluated {
        true => featuresignals::row(flag, &subject),
        false => featbit::row(flag, &subject),
    };
    flag_table::run(&flags(snapshot), keys, lint, row, json, screen)
}

fn flags(snapshot: &Snapshot) -> Flags {
    let (name, ruleset) = ("the server".to_string(), snapshot.ruleset().clone());
    Flags { name, ruleset, archived: Vec::new() }
}

/// Writes a value alone; nothing but the end of the line if there is none.
pub(super) fn bare(screen: &mut Screen<'_>, value: Option<Value>) -> Result<(), Failure> {
    let text = value.map(|value| value.to_string()).unwrap_or_default();
    // Control characters are escaped on a terminal, but not in output to a program.
    let text = if std::io::stdout().is_terminal() { visible(&text) } else { text.as_str().into() };
    Ok(writeln!(screen.raw(), "{text}")?)
}
