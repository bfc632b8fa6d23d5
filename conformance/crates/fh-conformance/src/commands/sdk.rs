//! The command `sdk`: scenarios against an SDK behind an adapter.

use clap::{Args, Subcommand};

use super::{Ended, FAILED, INVALID, Problem, print};
use crate::adapter::AdapterCommand;
use crate::sdk::report::{Counts, to_text};
use crate::sdk::scenarios;
use crate::sdk::{RunOptions, Scenario, ScenarioOutcome, Subject, run_all};

/// Run scenarios against an SDK.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    list: Option<List>,
    /// The command that starts the adapter, split into words like a shell's and run without one.
    #[arg(long, value_name = "CMD", required = true)]
    adapter: Option<AdapterCommand>,
    /// Run only this scenario. May be repeated.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Run only scenarios of this group. May be repeated.
    #[arg(long)]
    group: Vec<String>,
    /// Also run the slow scenarios.
    #[arg(long)]
    all: bool,
    /// Number of scenarios that run at once. By default twice the number of processors, at most 8.
    #[arg(long)]
    jobs: Option<usize>,
}

#[derive(Debug, Subcommand)]
enum List {
    /// List the scenarios: ids, tiers, capabilities, and what they check.
    List {
        /// Print a page in Markdown.
        #[arg(long)]
        markdown: bool,
    },
}

pub(super) fn sdk(arguments: Arguments) -> Ended {
    if let Some(List::List { markdown }) = arguments.list {
        print(&if markdown { scenarios::to_markdown() } else { scenarios::to_lines() });
        return Ok(0);
    }
    let Some(command) = arguments.adapter.clone() else {
        return Err(Problem::Usage("--adapter is missing".to_owned()));
    };
    let selected = select(&arguments)?;
    let subject = Subject::discover(command).map_err(Problem::Outside)?;
    let jobs = arguments.jobs.unwrap_or_else(default_jobs);
    let results = run_all(&selected, &subject, RunOptions { jobs }, |result| {
        let outcome = match &result.outcome {
            ScenarioOutcome::Passed => "pass".to_owned(),
            ScenarioOutcome::Failed(failure) => format!("FAIL {}", failure.label),
            ScenarioOutcome::Skipped(skip) => format!("skip: {skip}"),
        };
        eprintln!("{:<14} {:>6.1} s  {outcome}", result.scenario.id, result.took.as_secs_f64());
    });
    print(&to_text(&subject, &results));
    let total = Counts::of(results.iter());
    if total.failed > 0 {
        return Ok(FAILED);
    }
    if total.passed == 0 {
        eprintln!("no scenario was run");
        return Ok(INVALID);
    }
    Ok(0)
}

fn select(arguments: &Arguments) -> Result<Vec<&'static Scenario>, Problem> {
    for id in &arguments.only {
        if scenarios::named(id).is_none() {
            return Err(Problem::Usage(format!("{id:?} is not a scenario; `sdk list` lists them")));
        }
    }
    for group in &arguments.group {
        if !scenarios::GROUPS.iter().any(|known| known.name == group) {
            let names: Vec<&str> = scenarios::GROUPS.iter().map(|known| known.name).collect();
            let names = names.join(", ");
            return Err(Problem::Usage(format!("{group:?} is not a group; expected {names}")));
        }
    }
    let selected = |scenario: &&Scenario| {
        let by_id = arguments.only.iter().any(|id| id == scenario.id);
        let by_group = arguments.group.is_empty() && arguments.only.is_empty()
            || arguments.group.iter().any(|group| group == scenario.group());
        by_id || (by_group && (arguments.all || !scenario.slow))
    };
    let selected: Vec<&Scenario> = scenarios::all().filter(selected).collect();
    if selected.is_empty() {
        return Err(Problem::Usage("no scenario is selected".to_owned()));
    }
    Ok(selected)
}

/// Scenarios mostly wait, so several run on one processor.
fn default_jobs() -> usize {
    let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    (processors * 2).min(8)
}
