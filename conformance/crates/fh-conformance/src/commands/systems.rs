//! The command `systems run`.

use clap::{Args, Subcommand};

use super::{Ended, FAILED, Problem, print};
use crate::data::Data;
use crate::systems;

/// Compare the engine with the answers of further systems.
#[derive(Debug, Subcommand)]
pub(crate) enum Systems {
    /// Run the vectors of FeatBit, and the answers of its running server.
    Run(Arguments),
}

/// Run the vectors of further systems.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Run only the vectors of this system.
    #[arg(long, value_parser = ["featbit"])]
    system: Option<String>,
}

pub(super) fn systems(data: &Data, command: &Systems) -> Ended {
    // There is one system so far, so that the option selects nothing.
    let Systems::Run(Arguments { system: _ }) = command;
    let groups = systems::featbit(data).map_err(|error| Problem::Data(vec![error]))?;
    let mut text = format!(
        "{:<28} {:>7} {:>7} {:>10} {:>8}\n",
        "group", "equal", "listed", "no answer", "failed"
    );
    for group in &groups {
        let failed = group.failures.len();
        text += &format!(
            "{:<28} {:>7} {:>7} {:>10} {failed:>8}\n",
            group.name, group.equal, group.listed, group.without_answer
        );
    }
    for failure in
        groups.iter().flat_map(|group| group.failures.iter().map(|why| (&group.name, why)))
    {
        text += &format!("{}: {}\n", failure.0, failure.1);
    }
    print(&text);
    let has_failed = groups.iter().any(|group| !group.failures.is_empty());
    Ok(if has_failed { FAILED } else { 0 })
}
