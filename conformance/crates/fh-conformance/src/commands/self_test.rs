//! The command `self-test`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use fh_reference_featurehub::MUTANTS;

use super::{Ended, FAILED, Problem, print, write_file};
use crate::data::{Data, Suite};
use crate::self_test::clients::{self, Extent};
use crate::self_test::vectors::matrix;

/// Check that cases or scenarios find every mutant, and that every group of cases and every scenario finds one, apart from listed exceptions.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The tested part of the suite: the cases of evaluations, or the scenarios for clients. The scenarios need a build with mutants, which
    /// `cargo xtask self-test` makes.
    #[arg(value_enum, default_value = "vectors")]
    which: Which,
    /// Try every case or scenario on every mutant, with three exceptions: of the group imported.regex, a sample is tried. Scenarios for
    /// clients are tried on the mutants in code that they reach; slow ones only on the mutants that they name. Takes long.
    #[arg(long)]
    full: bool,
    /// Write for each mutant the groups and cases, or the scenarios for clients, that find it, as JSON.
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
    /// Write for each mutant the scenarios for clients that find it, as a page in Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Try only this mutant on scenarios for clients. May be repeated.
    #[arg(long)]
    mutant: Vec<String>,
    /// Run only scenarios for clients of this group. May be repeated.
    #[arg(long)]
    group: Vec<String>,
    /// Number of scenarios that run at once. The default is 8, and 24 for scenarios for clients with all mutants, most of which wait.
    #[arg(long)]
    jobs: Option<usize>,
    /// Run only this scenario for clients. May be repeated.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Only list the mutants.
    #[arg(long)]
    list: bool,
}

/// Number of scenarios that run at once.
const JOBS: usize = 8;

/// Number of scenarios for clients that run at once with all mutants.
const JOBS_OF_EVERYTHING: usize = 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Vectors,
    Clients,
}

impl Arguments {
    /// Refuses the options that this kind of self-test would ignore.
    fn refuse_ignored(&self) -> Result<(), Problem> {
        use Which::{Clients, Vectors};
        let given: [(&str, bool, &[Which]); 6] = [
            ("--matrix", self.matrix.is_some(), &[Vectors, Clients]),
            ("--markdown", self.markdown.is_some(), &[Clients]),
            ("--mutant", !self.mutant.is_empty(), &[Clients]),
            ("--only", !self.only.is_empty(), &[Clients]),
            ("--group", !self.group.is_empty(), &[Clients]),
            ("--jobs", self.jobs.is_some(), &[Clients]),
        ];
        let ignored = given.iter().find(|(_, is_given, of)| *is_given && !of.contains(&self.which));
        match ignored {
            None => Ok(()),
            Some((name, _, of)) => {
                let of: Vec<String> =
                    of.iter().map(|which| format!("{which:?}").to_lowercase()).collect();
                let text = format!(
                    "{name} is an option of `self-test {}` only",
                    of.join("` and `self-test ")
                );
                Err(Problem::Usage(text))
            }
        }
    }
}

fn extent(arguments: &Arguments) -> Extent {
    if arguments.full { Extent::Everything } else { Extent::Claims }
}

/// Runs the scenarios for clients against this program's own adapter, with mutants.
fn clients(arguments: &Arguments) -> Ended {
    let mutants = clients::mutants();
    if arguments.list {
        print(
            &mutants.iter().map(|(name, what)| format!("{name:<34} {what}\n")).collect::<String>(),
        );
        return Ok(0);
    }
    if mutants.is_empty() {
        return Err(Problem::Usage(
            "this build has no mutants; run `cargo xtask self-test`".to_owned(),
        ));
    }
    let program = std::env::current_exe().map_err(|error| Problem::Outside(error.to_string()))?;
    let command = format!("'{}' adapter rust", program.display());
    let command = command.parse().map_err(|error| Problem::Outside(format!("{error}")))?;
    let jobs = arguments.jobs.unwrap_or(JOBS);
    let usual = if arguments.full { JOBS_OF_EVERYTHING } else { JOBS };
    let jobs_with_mutants = arguments.jobs.unwrap_or(usual);
    let selection = clients::Selection {
        extent: extent(arguments),
        mutants: arguments.mutant.clone(),
        groups: arguments.group.clone(),
        scenarios: arguments.only.clone(),
        jobs,
        jobs_with_mutants,
    };
    let begin = Instant::now();
    let kills = clients::kills(&command, &selection, |scenario, mutant, label| {
        eprintln!("{:<34} {:<14} {label}", mutant.unwrap_or("without a mutant"), scenario.id);
    });
    let kills = kills.map_err(Problem::Outside)?;
    print(&kills.to_text(&mutants));
    print(&format!("{jobs_with_mutants} jobs, {:.0} s\n", begin.elapsed().as_secs_f64()));
    if let Some(path) = &arguments.matrix {
        write_file(path, &format!("{}\n", kills.to_json().pretty()))?;
    }
    if let Some(path) = &arguments.markdown {
        write_file(path, &kills.to_markdown(&mutants, extent(arguments)))?;
    }
    Ok(if kills.is_proof() { 0 } else { FAILED })
}

pub(super) fn self_test(data: &Data, arguments: &Arguments) -> Ended {
    arguments.refuse_ignored()?;
    if arguments.which == Which::Clients {
        return clients(arguments);
    }
    let mut out = String::new();
    if arguments.list {
        for info in MUTANTS {
            let seen = if info.seen_in.is_empty() { "" } else { "; seen in: " };
            let _ = writeln!(out, "{:<44} {}{seen}{}", info.name, info.what, info.seen_in);
        }
        print(&out);
        return Ok(0);
    }
    let suite = Suite::with_drawn(data)?;
    let matrix = matrix(&suite, arguments.full);
    for (info, kills) in MUTANTS.iter().zip(&matrix.kills) {
        let by = match kills.iter().next() {
            Some((_, kill)) => {
                format!("{} groups, such as {} ({})", kills.len(), kill.case.id, kill.profile)
            }
            None => "SURVIVES".to_owned(),
        };
        let _ = writeln!(out, "{:<44} {by}", info.name);
    }
    let at_least = if matrix.is_full { "" } else { ", at least" };
    let _ = writeln!(out, "\n{:<30} {:>5}  finds{at_least}", "group", "cases");
    for (group, found) in matrix.found_by_group() {
        let cases = matrix.groups.get(group).copied().unwrap_or(0);
        let nothing = if found == 0 { "  NOTHING" } else { "" };
        let _ = writeln!(out, "{group:<30} {cases:>5}  {found:>4} of {}{nothing}", MUTANTS.len());
    }
    for case in &matrix.unsound {
        let _ = writeln!(out, "the reference without a mutant fails {case}");
    }
    for claim in &matrix.false_claims {
        let _ = writeln!(out, "false claim: {claim}");
    }
    let survivors = matrix.survivors().len();
    let _ = writeln!(out, "\n{} mutants, {} found", MUTANTS.len(), MUTANTS.len() - survivors);
    print(&out);
    if let Some(path) = &arguments.matrix {
        write_file(path, &format!("{}\n", matrix.to_json().pretty()))?;
    }
    Ok(if matrix.is_proof() { 0 } else { FAILED })
}
