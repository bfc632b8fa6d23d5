//! The file of a recording: JSON with a line for each case and each scenario that did not pass.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    RecordedFailure, RecordedFault, RecordedGroup, RecordedOutcome, RecordedTier, Recording,
};
use crate::baseline::KnownFailures;
use crate::protocol::Sdk;

const SCHEMA: &str = "../data/schema/recording-1.schema.json";

/// The members of the file, in their order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "$schema", default)]
    _schema: String,
    format: u32,
    recorded: String,
    suite: String,
    sdk: Sdk,
    tier: RecordedTier,
    cannot: BTreeMap<String, String>,
    groups: Vec<RecordedGroup>,
    /// The scenarios that passed, by their group.
    passed: BTreeMap<String, Vec<String>>,
    /// The scenarios that did not run.
    skipped: BTreeMap<String, Skipped>,
    /// The failures of cases and scenarios.
    failures: Vec<Failure>,
    faults: BTreeMap<String, RecordedFault>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Skipped {
    why: String,
    what: String,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    id: String,
    at: String,
    /// What the SDK does. A failure without a reason is not known, so that the next run fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sometimes: bool,
}

impl Recording {
    /// Returns true if a text is JSON with the member that recordings have and baselines do not.
    #[must_use]
    pub fn is_recording(text: &str) -> bool {
        serde_json::from_str::<Value>(text).is_ok_and(|document| document.get("sdk").is_some())
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// The problem of the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if document.format != 1 {
            return Err(format!("format {} is not known; expected 1", document.format));
        }
        let recording = document.recording();
        recording.baseline().check_entries()?;
        if recording.to_text() != text {
            return Err(
                "the file does not have the form in which it was written; record the SDK again"
                    .to_owned(),
            );
        }
        Ok(recording)
    }

    /// Returns the text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut passed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut skipped = BTreeMap::new();
        for (id, outcome) in &self.scenarios {
            match outcome {
                RecordedOutcome::Pass => passed.entry(group_of(id)).or_default().push(id),
                RecordedOutcome::Skipped { why, what } => {
                    skipped.insert(id, Skipped { why: why.clone(), what: what.clone() });
                }
                RecordedOutcome::Known | RecordedOutcome::Sometimes | RecordedOutcome::Failed => {}
            }
        }
        let failures = self.failures();
        let tier = &self.tier;
        let members = [
            member("$schema", &SCHEMA),
            member("format", &1),
            member("recorded", &self.recorded),
            member("suite", &self.suite),
            member("sdk", &self.sdk),
            member("tier", tier),
            lines("cannot", &self.cannot),
            format!("\"groups\": {}", wrapped(self.groups.iter().map(line), '[', ']')),
            lines("passed", &passed),
            lines("skipped", &skipped),
            format!("\"failures\": {}", wrapped(failures.iter().map(line), '[', ']')),
            lines("faults", &self.faults),
        ];
        format!("{{\n  {}\n}}\n", members.join(",\n  "))
    }

    fn failures(&self) -> BTreeSet<Failure> {
        let known = self.known.iter().flat_map(|entry| {
            entry.ids.iter().map(|id| Failure {
                id: id.clone(),
                at: entry.at.clone(),
                reason: Some(entry.reason.clone()),
                sometimes: entry.sometimes,
            })
        });
        let failed = self.failed.iter().map(|failure| Failure {
            id: failure.id.clone(),
            at: failure.at.clone(),
            reason: None,
            sometimes: false,
        });
        known.chain(failed).collect()
    }
}

impl Document {
    fn recording(self) -> Recording {
        let mut scenarios = BTreeMap::new();
        let passed = self.passed.into_values().flatten();
        scenarios.extend(passed.map(|id| (id, RecordedOutcome::Pass)));
        scenarios.extend(
            self.skipped
                .into_iter()
                .map(|(id, Skipped { why, what })| (id, RecordedOutcome::Skipped { why, what })),
        );
        let mut known = KnownFailures::default();
        let mut failed = Vec::new();
        for Failure { id, at, reason, sometimes } in self.failures {
            let outcome = match (&reason, sometimes) {
                (None, _) => RecordedOutcome::Failed,
                (Some(_), true) => RecordedOutcome::Sometimes,
                (Some(_), false) => RecordedOutcome::Known,
            };
            if is_scenario(&id) {
                // One check of a scenario may fail each time, and another one sometimes.
                let entry = scenarios.entry(id.clone()).or_insert(outcome.clone());
                if outcome == RecordedOutcome::Sometimes {
                    *entry = outcome;
                }
            }
            match reason {
                Some(reason) => known.add(id, at, reason, sometimes),
                None => failed.push(RecordedFailure { id, at }),
            }
        }
        Recording {
            recorded: self.recorded,
            suite: self.suite,
            sdk: self.sdk,
            tier: self.tier,
            cannot: self.cannot,
            groups: self.groups,
            scenarios,
            known: known.sorted(),
            failed,
            faults: self.faults,
        }
    }
}

/// Returns the group of a scenario.
fn group_of(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(group, _)| group)
}

/// Returns true for the id of a scenario, which begins with a capital letter, unlike that of a case.
fn is_scenario(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Returns a value on one line.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Returns a member on one line.
fn member(name: &str, value: &impl Serialize) -> String {
    format!("{}: {}", line(&name), line(value))
}

/// Returns a member that is a map with one entry a line.
fn lines<K: AsRef<str>, V: Serialize>(name: &str, map: &BTreeMap<K, V>) -> String {
    let entries = map.iter().map(|(name, value)| member(name.as_ref(), value));
    format!("{}: {}", line(&name), wrapped(entries, '{', '}'))
}

fn wrapped(elements: impl Iterator<Item = String>, open: char, close: char) -> String {
    let lines: Vec<String> = elements.map(|element| format!("    {element}")).collect();
    if lines.is_empty() {
        return format!("{open}{close}");
    }
    format!("{open}\n{}\n  {close}", lines.join(",\n"))
}
