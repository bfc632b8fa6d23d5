//! Runs cases against a target.

use std::time::Instant;

use regex::Regex;

use crate::case::{Case, Profile};
use crate::compare::{Outcome, check};
use crate::data::Suite;
use crate::report::{FailedCheck, Report, ReportSubject, Row, RowOutcome, SkipKind, SkippedRow};
use crate::target::Target;

/// The selection of cases to run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The profiles to run the cases in.
    pub profiles: Vec<Profile>,
    /// The only group to run, if given.
    pub group: Option<String>,
    /// The pattern that ids must match, if given.
    pub only: Option<Regex>,
}

impl Selection {
    /// Returns a selection of all cases in both profiles.
    #[must_use]
    pub fn all() -> Selection {
        Selection { profiles: Profile::ALL.to_vec(), group: None, only: None }
    }

    /// Returns true if the case is selected.
    #[must_use]
    pub fn takes(&self, case: &Case) -> bool {
        self.group.as_ref().is_none_or(|group| *group == case.group)
            && self.only.as_ref().is_none_or(|only| only.is_match(&case.id))
    }

    /// Returns the filters as command line options.
    #[must_use]
    pub fn filters(&self) -> Vec<String> {
        let group = self.group.iter().map(|group| format!("--group {group}"));
        group.chain(self.only.iter().map(|only| format!("--only {only}"))).collect()
    }
}

/// Returns the command that runs one case alone.
fn reproduce(case: &Case, profile: Profile, target: &str) -> String {
    let id = regex::escape(&case.id);
    let target = if target.contains(' ') { format!("'{target}'") } else { target.to_owned() };
    format!("fh-conformance vectors run --target {target} --profile {profile} --only '^{id}$'")
}

/// The label of each failed check of a case. Baselines name it.
pub const LABEL: &str = "value";

/// Runs the cases for which `selects` returns true, in these profiles.
pub fn run(
    suite: &Suite,
    digest: String,
    target: &mut dyn Target,
    profiles: &[Profile],
    selects: impl Fn(&Case) -> bool,
) -> Report {
    let name = target.name();
    let mut rows = Vec::new();
    for case in suite.cases.iter().filter(|case| selects(case)) {
        for profile in case.profiles() {
            if !profiles.contains(&profile) || !target.has_profile(profile) {
                continue;
            }
            let start = Instant::now();
            let outcome = match check(target, case, profile) {
                Outcome::Pass => RowOutcome::Passed,
                Outcome::Skip(reason) => {
                    RowOutcome::Skipped(SkippedRow { kind: SkipKind::Capability, reason })
                }
                Outcome::Fail(failure) => RowOutcome::Failed(FailedCheck {
                    label: LABEL.to_owned(),
                    message: failure.message,
                    expected: failure.expected,
                    actual: failure.actual,
                }),
            };
            rows.push(Row {
                id: case.id.clone(),
                rev: Some(case.rev),
                title: case.title.clone(),
                group: case.group.clone(),
                profile: Some(profile),
                tier: case.tier,
                outcome,
                took: start.elapsed(),
                reproduce: vec![
                    reproduce(case, profile, &name),
                    format!("fh-conformance explain {}", case.id),
                ],
                evidence: Vec::new(),
            });
        }
    }
    Report {
        subject: ReportSubject { name, version: target.version(), ..ReportSubject::default() },
        digest: Some(digest),
        profiles: profiles.to_vec(),
        filters: Vec::new(),
        rows,
    }
}
