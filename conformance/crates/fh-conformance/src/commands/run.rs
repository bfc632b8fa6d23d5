//! The command `vectors run`.

use std::path::PathBuf;

use clap::Args;
use regex::Regex;

use super::{Ended, FAILED, INVALID, PARTIAL, Problem, Profiles, print, suite, write_file};
use crate::case::Case;
use crate::data::{Data, version};
use crate::generated::GROUP;
use crate::report;
use crate::run::{self, Selection};
use crate::target;

/// Run cases against a target.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The target: engine; reference, or reference:mut-… for the reference with a mutant; adapter:CMD for an SDK; served:CMD for an
    /// SDK that gets all payloads from an Edge.
    #[arg(long, default_value = "engine")]
    target: String,
    /// The profile whose answers are expected.
    #[arg(long, value_enum, default_value = "all")]
    profile: Profiles,
    /// Run only cases of this group.
    #[arg(long)]
    group: Option<String>,
    /// Run only cases with an id that matches this pattern.
    #[arg(long, value_name = "REGEX")]
    only: Option<Regex>,
    /// Exit with code 3 if cases were left out, or with --data. Failures still give code 1.
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
    let mut target = target::named(&arguments.target).map_err(Problem::Usage)?;
    let is_drawn = arguments.group.as_deref().is_none_or(|group| group == GROUP);
    let suite = suite(data, is_drawn)?;
    let selection = Selection {
        profiles: arguments.profile.list(),
        group: arguments.group,
        only: arguments.only,
    };
    let digest = version::digest(data);
    let selects = |case: &Case| selection.takes(case);
    let mut run = run::run(&suite, digest, target.as_mut(), &selection.profiles, selects);
    run.filters = selection.filters();
    print(&report::to_table(&run));
    if let Some(path) = &arguments.json {
        write_file(path, &format!("{}\n", report::to_json(&run).pretty()))?;
    }
    if let Some(path) = &arguments.junit {
        write_file(path, &report::to_junit(&run))?;
    }
    if run.rows.is_empty() {
        return Err(Problem::Usage("no case is selected".to_owned()));
    }
    if run.total().fail > 0 {
        return Ok(FAILED);
    }
    let silent = run.silent_groups();
    if !silent.is_empty() {
        eprintln!("no case was run of {}", silent.join(", "));
        return Ok(INVALID);
    }
    if arguments.certify && (run.is_partial() || run.total().skip > 0 || !data.is_embedded) {
        eprintln!("not certified: cases were left out, or --data was used");
        return Ok(PARTIAL);
    }
    Ok(0)
}
