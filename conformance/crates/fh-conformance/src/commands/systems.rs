//! The commands `systems run`, `systems rows` and `systems diff`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Ended, FAILED, Problem, print, seed};
use crate::data::Data;
use crate::systems::{self, Group};

/// Compare the engine with the answers of further systems.
#[derive(Debug, Subcommand)]
pub(crate) enum Systems {
    /// Run the vectors of FeatBit and of FeatureSignals, and the answers of their running servers.
    Run(Arguments),
    /// Compare the rows of `fh eval --cases` with the same answers.
    Rows {
        /// The program `fh`.
        #[arg(long, value_name = "PATH")]
        fh: PathBuf,
        /// The folder of the data, which the program reads.
        #[arg(long, value_name = "DIR", default_value = "conformance/data")]
        folder: PathBuf,
    },
    /// Compare the engine with a plain evaluator of FeatureSignals on drawn flags.
    Diff {
        /// The seed of the generator; another seed gives other cases.
        #[arg(long, default_value = "1", value_parser = seed)]
        seed: u64,
        /// The number of evaluations.
        #[arg(long, default_value_t = 20_000)]
        count: usize,
    },
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
    match command {
        Systems::Run(arguments) => run(data, arguments),
        Systems::Rows { fh, folder } => {
            let groups = systems::rows(data, &mut systems::Rows::new(fh, folder));
            Ok(report(&groups.map_err(|error| Problem::Data(vec![error]))?))
        }
        Systems::Diff { seed, count } => Ok(diff(*seed, *count)),
    }
}

fn diff(seed: u64, count: usize) -> u8 {
    let drawing = systems::draw(seed, count);
    print(&format!(
        "{} evaluations from seed {seed}, {} different, {} without an answer of the plain evaluator\n",
        drawing.evaluations, drawing.different, drawing.without_answer
    ));
    let Some(smallest) = drawing.smallest else { return 0 };
    print(&format!("the smallest difference:\n{smallest}\n"));
    FAILED
}

fn run(data: &Data, Arguments { system }: &Arguments) -> Ended {
    let is_chosen = |one| system.is_none_or(|system| system == one);
    let mut groups = Vec::new();
    let failed = |error| Problem::Data(vec![error]);
    if is_chosen(System::FeatBit) {
        groups.extend(systems::featbit(data).map_err(failed)?);
    }
    if is_chosen(System::FeatureSignals) {
        groups.extend(systems::featuresignals(data).map_err(failed)?);
    }
    Ok(report(&groups))
}

/// Prints the groups with their failures.
fn report(groups: &[Group]) -> u8 {
    let mut rows = vec![["group", "equal", "listed", "no answer", "failed"].map(str::to_owned)];
    let mut failures = String::new();
    for group in groups {
        let listed = group.listed();
        let failed = group.all() - group.equal - listed;
        let counts = [group.equal, listed, group.without_answer, failed];
        let [equal, listed, without_answer, failed] = counts.map(|count| count.to_string());
        rows.push([group.name.clone(), equal, listed, without_answer, failed]);
        for why in &group.ended {
            failures += &format!("{}: {why}\n", group.name);
        }
        for (name, different) in group.failures() {
            let (count, example) = (different.count, &different.example);
            failures += &format!("{}, {name}: {count} different: {example}\n", group.name);
        }
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    print(&format!("{}\n{failures}", fh_test::table::lines(&rows)));
    if failures.is_empty() { 0 } else { FAILED }
}
