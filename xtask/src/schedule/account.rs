//! The results of all parts, and the summary of a run.

use std::sync::Arc;
use std::time::Duration;

use crate::budget::Budgets;
use crate::flaky::{self, Repeated};
use crate::output::Log;
use crate::part::{Part, Stage};
use crate::schedule::excerpt;

/// The result of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// The part cannot run on this machine.
    NotRun(String),
    Failed(String),
    /// A random search, or a newer package of others, found something, which is reported and does not fail the run.
    Found(String),
}

/// The number of flaky tests that fails a run.
const TOO_MANY_FLAKY: usize = 3;

/// The entries of all parts.
pub(super) struct Account(Vec<Entry>);

struct Entry {
    log: Arc<Log>,
    build: f64,
    run: f64,
    outcome: Option<Outcome>,
    flaky: usize,
}

impl Account {
    pub(super) fn new(logs: Vec<Arc<Log>>) -> Self {
        let entry = |log| Entry { log, build: 0.0, run: 0.0, outcome: None, flaky: 0 };
        Self(logs.into_iter().map(entry).collect())
    }

    pub(super) fn log(&self, part: usize) -> Option<Arc<Log>> {
        self.0.get(part).map(|entry| Arc::clone(&entry.log))
    }

    /// Adds the time of a step. The time of installing counts as that of the build.
    pub(super) fn add_seconds(&mut self, part: usize, stage: Stage, seconds: f64) {
        if let Some(entry) = self.0.get_mut(part) {
            match stage {
                Stage::Prepare | Stage::Build => entry.build += seconds,
                Stage::Run => entry.run += seconds,
            }
        }
    }

    pub(super) fn enter(&mut self, part: usize, outcome: Outcome) {
        if let Some(entry) = self.0.get_mut(part) {
            entry.outcome = Some(outcome);
        }
    }

    /// Enters the result of a test that failed and was repeated alone.
    pub(super) fn add_repeated(&mut self, parts: &[Part], repeated: &Repeated) {
        let entries = self.0.iter_mut().zip(parts);
        for (entry, _) in entries.filter(|(_, part)| part.name == repeated.part) {
            match (&repeated.second, &entry.outcome) {
                (Ok(()), _) => entry.flaky += 1,
                (Err(why), Some(Outcome::Passed)) => {
                    let why = format!("{} fails alone, too: {why}", repeated.test);
                    entry.outcome = Some(Outcome::Failed(why));
                }
                (Err(_), _) => {}
            }
        }
    }

    /// Returns the number of parts that have ended.
    pub(super) fn count(&self) -> usize {
        self.0.iter().filter(|entry| entry.outcome.is_some()).count()
    }

    /// Returns an error if a part failed, or if so many tests passed only alone that the load of the machine is no excuse.
    ///
    /// # Errors
    /// The reason of each failed part and the end of its log.
    pub(super) fn verdict(&self) -> Result<(), String> {
        let failures = self.0.iter().filter_map(|entry| match &entry.outcome {
            Some(Outcome::Failed(why)) => Some(excerpt::once_more(why, &entry.log)),
            _ => None,
        });
        let failures: Vec<String> = failures.collect();
        match (failures.is_empty(), self.flaky() >= TOO_MANY_FLAKY) {
            (true, false) => Ok(()),
            (true, true) => Err("too many tests were flaky, see above".to_string()),
            (false, _) => Err(format!("some parts failed\n\n{}", failures.join("\n\n"))),
        }
    }

    fn flaky(&self) -> usize {
        self.0.iter().map(|entry| entry.flaky).sum()
    }

    /// Returns the outcome of a part; that of one without an entry is a failure.
    pub(super) fn outcome(&self, part: usize) -> Outcome {
        let outcome = self.0.get(part).and_then(|entry| entry.outcome.clone());
        outcome.unwrap_or_else(|| Outcome::Failed("the part did not end".to_string()))
    }

    /// Returns the line of a part.
    pub(super) fn row(&self, part: &Part, index: usize) -> String {
        let Some(entry) = self.0.get(index) else { return String::new() };
        let outcome = match &entry.outcome {
            None => "not begun".to_string(),
            Some(Outcome::Passed) if entry.flaky > 0 => format!("passed, {} FLAKY", entry.flaky),
            Some(Outcome::Passed) => match flaky::waiting(part.name) {
                0 => "passed".to_string(),
                tests => format!("passed but for {tests} tests, which will be repeated alone"),
            },
            Some(Outcome::NotRun(why)) => format!("NOT RUN: {why}"),
            Some(Outcome::Found(why)) => {
                format!("FOUND: {}", why.lines().next().unwrap_or_default())
            }
            Some(Outcome::Failed(why)) => {
                format!("FAILED: {}", why.lines().next().unwrap_or_default())
            }
        };
        format!(
            "{:<30} build {:>4.0} s, run {:>4.0} s  {outcome}",
            part.name, entry.build, entry.run
        )
    }

    /// Returns the table of all parts, what was slow, and the counts.
    pub(super) fn summary(&self, parts: &[Part], budgets: &Budgets, elapsed: Duration) -> String {
        let mut lines: Vec<String> =
            parts.iter().enumerate().map(|(index, part)| self.row(part, index)).collect();
        let (build, run) = self
            .0
            .iter()
            .fold((0.0, 0.0), |(build, run), entry| (build + entry.build, run + entry.run));
        lines.push(format!(
            "all: {:.0} s by the clock; {build:.0} s of builds and {run:.0} s of runs side by side",
            elapsed.as_secs_f64()
        ));
        for (entry, part) in self.0.iter().zip(parts) {
            let steps = [(Stage::Build, entry.build), (Stage::Run, entry.run)];
            let slow =
                steps.iter().filter_map(|(stage, seconds)| budgets.excess(part, *stage, *seconds));
            lines.extend(slow.map(|excess| format!("SLOW: {} {excess}", part.name)));
        }
        let of = |wanted: fn(&Outcome) -> bool| {
            self.0
                .iter()
                .filter_map(|entry| entry.outcome.as_ref())
                .filter(|outcome| wanted(outcome))
                .count()
        };
        let failed = of(|outcome| matches!(outcome, Outcome::Failed(_)));
        let skipped = of(|outcome| matches!(outcome, Outcome::NotRun(_)));
        let passed = of(|outcome| matches!(outcome, Outcome::Passed | Outcome::Found(_)));
        let flaky = self.flaky();
        if flaky > 0 {
            lines.push(format!(
                "FLAKY: {flaky} tests failed and passed alone; {TOO_MANY_FLAKY} of them fail a run"
            ));
        }
        lines.push(format!("parts: {passed} passed, {failed} failed, {skipped} skipped"));
        lines.join("\n")
    }
}
