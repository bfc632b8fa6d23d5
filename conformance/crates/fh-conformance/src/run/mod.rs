//! Running cases against a target, and what came of it.

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

/// Which cases are run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Under which profiles.
    pub profiles: Vec<Profile>,
    /// Only of this group.
    pub group: Option<String>,
    /// Only with an id that this matches.
    pub only: Option<Regex>,
}

impl Selection {
    /// Everything.
    #[must_use]
    pub fn all() -> Selection {
        Selection { profiles: Profile::ALL.to_vec(), group: None, only: None }
    }

    /// Whether a case is selected.
    #[must_use]
    pub fn takes(&self, case: &Case) -> bool {
        self.group.as_ref().is_none_or(|group| *group == case.group)
            && self.only.as_ref().is_none_or(|only| only.is_match(&case.id))
    }

    /// The filters, as they were given.
    #[must_use]
    pub fn filters(&self) -> Vec<String> {
        let group = self.group.iter().map(|group| format!("--group {group}"));
        group.chain(self.only.iter().map(|only| format!("--only {only}"))).collect()
    }
}

/// What became of one case under one profile.
#[derive(Debug)]
pub struct CaseResult<'a> {
    /// The case.
    pub case: &'a Case,
    /// The profile.
    pub profile: Profile,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

impl CaseResult<'_> {
    /// The command that runs this alone.
    #[must_use]
    pub fn reproduce(&self, target: &str) -> String {
        let id = regex::escape(&self.case.id);
        format!(
            "fh-conformance vectors run --target {target} --profile {} --only '^{id}$'",
            self.profile
        )
    }
}

/// A run.
#[derive(Debug)]
pub struct Run<'a> {
    /// The target's name.
    pub target: String,
    /// The target's version.
    pub version: String,
    /// What was selected.
    pub selection: Selection,
    /// Digest of the data.
    pub digest: String,
    /// What became of the cases, in the order of the data.
    pub results: Vec<CaseResult<'a>>,
}

/// How many cases of a group ended how, under one profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Selected.
    pub selected: usize,
    /// Passed.
    pub pass: usize,
    /// Failed.
    pub fail: usize,
    /// Skipped for a capability that the target does not claim.
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

/// Run the selected cases.
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
    /// Counts by group and profile.
    #[must_use]
    pub fn groups(&self) -> BTreeMap<(&str, Profile), Counts> {
        let mut groups: BTreeMap<_, Counts> = BTreeMap::new();
        for result in &self.results {
            let counts = groups.entry((result.case.group.as_str(), result.profile)).or_default();
            counts.count(&result.outcome);
        }
        groups
    }

    /// Counts of everything.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for result in &self.results {
            total.count(&result.outcome);
        }
        total
    }

    /// Groups of which nothing was run: silence must not look like success.
    #[must_use]
    pub fn silent_groups(&self) -> Vec<String> {
        let groups = self.groups().into_iter();
        let silent = groups.filter(|(_, counts)| counts.skip == counts.selected);
        silent.map(|((group, profile), _)| format!("{group} ({profile})")).collect()
    }

    /// Whether not everything was selected.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.selection.filters().is_empty()
    }
}
