//! The command `systems run`.

use clap::{Args, Subcommand, ValueEnum};

use super::{Ended, FAILED, Problem, print};
use crate::data::Data;
use crate::systems;

/// Compare the engine with the answers of further systems.
#[derive(Debug, Subcommand)]
pub(crate) enum Systems {
    /// Run the vectors of FeatBit and of FeatureSignals, and the answers of their running servers.
    Run(Arguments),
}

/// Run the vectors of further systems.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Run only the vectors of this system.
    #[arg(long, value_enum)]
    system: Option<System>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum System {
    #[value(name = "featbit")]
    FeatBit,
    #[value(name = "featuresignals")]
    FeatureSignals,
}

pub(super) fn systems(data: &Data, command: &Systems) -> Ended {
    let Systems::Run(Arguments { system }) = command;
    let is_chosen = |one| system.is_none_or(|system| system == one);
    let mut groups = Vec::new();
    let failed = |error| Problem::Data(vec![error]);
    if is_chosen(System::FeatBit) {
        groups.extend(systems::featbit(data).map_err(failed)?);
    }
    if is_chosen(System::FeatureSignals) {
        groups.extend(systems::plain_featuresignals(data).map_err(failed)?);
    }
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
