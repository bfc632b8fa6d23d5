//! Runs cases against a target and collects the results.

mod json;
mod junit;
mod table;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use regex::Regex;

use crate::case::{Case, Profile};
use crate::compare::{Outcome, check};
use crate::data::Suite;
use crate::target::Target;

pub use json::to_json;
pub use junit::to_junit;
pub use table::to_table;

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

/// The result of one case in one profile.
#[derive(Debug)]
pub struct CaseResult<'a> {
    /// The case that was run.
    pub case: &'a Case,
    /// The profile it was run in.
    pub profile: Profile,
    /// The outcome of the case.
    pub outcome: Outcome,
    /// The time that the case took.
    pub took: Duration,
}

impl CaseResult<'_> {
    /// Returns the command that runs this case alone.
    #[must_use]
    pub fn reproduce(&self, target: &str) -> String {
        let id = regex::escape(&self.case.id);
        format!(
            "fh-conformance vectors run --target {target} --profile {} --only '^{id}$'",
            self.profile
        )
    }
}

/// The results of one run.
#[derive(Debug)]
pub struct Run<'a> {
    /// The target's name.
    pub target: String,
    /// The target's version.
    pub version: String,
    /// The selection of cases.
    pub selection: Selection,
    /// The digest of the data.
    pub digest: String,
    /// The results, in the order of the data.
    pub results: Vec<CaseResult<'a>>,
}

/// The numbers of cases by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Number of selected cases.
    pub selected: usize,
    /// Number of cases that passed.
    pub pass: usize,
    /// Number of cases that failed.
    pub fail: usize,
    /// Number of cases that were skipped, because the target does not claim a required capability.
    pub skip: usize,
}

impl Counts {
    fn count(&mut self, outcome: &Outcome) {
        self.selected += 1;
        match outcome {
            Outcome::Pass => self.pass += 1,
            Outcome::Fail(_) => self.fail += 1,
            Outcome::Skip(_) => self.skip += 1,
        }
    }
}

/// Runs the selected cases.
pub fn run<'a>(
    suite: &'a Suite,
    digest: String,
    target: &mut dyn Target,
    selection: Selection,
) -> Run<'a> {
    let mut results = Vec::new();
    for case in suite.cases.iter().filter(|case| selection.takes(case)) {
        for profile in case.profiles() {
            if !selection.profiles.contains(&profile) {
                continue;
            }
            let start = Instant::now();
            let outcome = check(target, case, profile);
            results.push(CaseResult { case, profile, outcome, took: start.elapsed() });
        }
    }
    Run { target: target.name(), version: target.version(), selection, digest, results }
}

impl Run<'_> {
    /// Returns the counts by group and profile.
    #[must_use]
    pub fn groups(&self) -> BTreeMap<(&str, Profile), Counts> {
        let mut groups: BTreeMap<_, Counts> = BTreeMap::new();
        for result in &self.results {
            let counts = groups.entry((result.case.group.as_str(), result.profile)).or_default();
            counts.count(&result.outcome);
        }
        groups
    }

    /// Returns the counts of the whole run.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for result in &self.results {
            total.count(&result.outcome);
        }
        total
    }

    /// Returns the groups in which every selected case was skipped. They must not look like a success.
    #[must_use]
    pub fn silent_groups(&self) -> Vec<String> {
        let groups = self.groups().into_iter();
        let silent = groups.filter(|(_, counts)| counts.skip == counts.selected);
        silent.map(|((group, profile), _)| format!("{group} ({profile})")).collect()
    }

    /// Returns true if a filter by group or id was given. A selection of one profile does not count.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.selection.filters().is_empty()
    }
}
