//! The command `self-test`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use fh_conformance_reference::MUTANTS;

use super::{Ended, FAILED, print, suite, write_file};
use crate::data::Data;
use crate::selftest::matrix;

/// Check that every mutant fails a case, and that every group of cases finds a mutant.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Try every case on every mutant instead of a sample of each group. Takes minutes.
    #[arg(long)]
    full: bool,
    /// Write for each mutant the groups and cases that find it, as JSON.
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
    /// Only list the mutants.
    #[arg(long)]
    list: bool,
}

pub(super) fn self_test(data: &Data, arguments: &Arguments) -> Ended {
    let mut out = String::new();
    if arguments.list {
        for info in MUTANTS {
            let seen = if info.seen_in.is_empty() { "" } else { "; seen in: " };
            let _ = writeln!(out, "{:<44} {}{seen}{}", info.name, info.what, info.seen_in);
        }
        print(&out);
        return Ok(0);
    }
    let suite = suite(data)?;
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
