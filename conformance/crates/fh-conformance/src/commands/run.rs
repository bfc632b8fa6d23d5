//! The command `vectors run`.

use std::path::PathBuf;

use clap::Args;
use regex::Regex;

use super::{Ended, FAILED, INVALID, PARTIAL, Problem, Profiles, print, suite, write_file};
use crate::data::{Data, manifest};
use crate::run::{self, Selection};
use crate::target;

/// Run cases against a target.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// engine, reference, or reference:mut-… for the reference with a planted bug.
    #[arg(long, default_value = "engine")]
    target: String,
    /// Which answers are expected.
    #[arg(long, value_enum, default_value = "all")]
    profile: Profiles,
    /// Only cases of this group.
    #[arg(long)]
    group: Option<String>,
    /// Only cases with an id that this matches.
    #[arg(long, value_name = "REGEX")]
    only: Option<Regex>,
    /// Refuse to pass if anything is left out.
    #[arg(long)]
    certify: bool,
    /// Write a report for programs.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a report for CI servers.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(super) fn run(data: &Data, arguments: Arguments) -> Ended {
    let suite = suite(data)?;
    let mut target = target::named(&arguments.target).map_err(Problem::Usage)?;
    let selection = Selection {
        profiles: arguments.profile.list(),
        group: arguments.group,
        only: arguments.only,
    };
    let run = run::run(&suite, manifest::digest(data), target.as_mut(), selection);
    print(&run::to_table(&run));
    if let Some(path) = &arguments.json {
        write_file(path, &format!("{}\n", run::to_json(&run).pretty()))?;
    }
    if let Some(path) = &arguments.junit {
        write_file(path, &run::to_junit(&run))?;
    }
    if run.results.is_empty() {
        return Err(Problem::Usage("nothing is selected".to_owned()));
    }
    if run.total().fail > 0 {
        return Ok(FAILED);
    }
    let silent = run.silent_groups();
    if !silent.is_empty() {
        eprintln!("nothing was run of {}", silent.join(", "));
        return Ok(INVALID);
    }
    if arguments.certify && (run.is_partial() || run.total().skip > 0 || !data.is_embedded) {
        eprintln!("not everything was run, so nothing is certified");
        return Ok(PARTIAL);
    }
    Ok(0)
}
