//! Baselines: the failures of one exact version of a subject that are known, each with its reason.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::report::{Report, RowOutcome};

/// The known failures of a subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The format of the file: 1.
    pub format: u32,
    /// The name of the subject.
    pub subject: String,
    /// The exact version for which the baseline holds.
    pub version: String,
    /// The capabilities that the subject lacks.
    #[serde(default)]
    pub cannot: BTreeSet<String>,
    /// The known failures.
    #[serde(default)]
    pub known: Vec<KnownFailure>,
}

/// Cases or scenarios that fail for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFailure {
    /// The label of the check that fails; `value` for cases of evaluations.
    pub at: String,
    /// What the subject does, in one sentence. A failure without a reason is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// True if the failure depends on a race of the subject, so that passing is no error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sometimes: bool,
    /// The ids.
    pub ids: BTreeSet<String>,
}

/// Collects failures by label and reason. Those without a reason stay apart, because each may have one of its own.
#[derive(Debug, Default)]
pub(crate) struct KnownFailures(BTreeMap<(String, String, String), KnownFailure>);

impl KnownFailures {
    /// Adds a row, whose failure is like an entry of a baseline.
    pub(crate) fn add(&mut self, id: String, like: &KnownFailure) {
        let apart = if like.reason.is_empty() { id.clone() } else { String::new() };
        let entry = self.0.entry((like.at.clone(), like.reason.clone(), apart));
        let first = || KnownFailure { ids: BTreeSet::new(), ..like.clone() };
        entry.or_insert_with(first).ids.insert(id);
    }

    /// Returns the entries, sorted by label and reason.
    pub(crate) fn sorted(self) -> Vec<KnownFailure> {
        self.0.into_values().collect()
    }
}

/// The maximum number of entries that may fail only sometimes.
const MOST_SOMETIMES: usize = 5;

/// An error of a baseline or of its application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineError {
    /// The file is not valid, or holds for another subject. The run ends with exit code 2.
    Invalid(String),
    /// The subject has changed: another version, or other capabilities. The run has failed.
    Changed(String),
}

impl Baseline {
    /// Reads a baseline and checks that each entry has a reason.
    ///
    /// # Errors
    /// The problems of the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        baseline.check_entries()?;
        Ok(baseline)
    }

    /// Checks the format, that each entry has a reason and ids, and that few entries fail only sometimes.
    ///
    /// # Errors
    /// The first problem.
    pub(crate) fn check_entries(&self) -> Result<(), String> {
        if self.format != 1 {
            return Err(format!("format {} is not known; expected 1", self.format));
        }
        let mut seen = BTreeSet::new();
        for entry in &self.known {
            let ids = shown(&entry.ids);
            if entry.reason.trim().is_empty() {
                return Err(format!("the entry at {:?} for {ids} has no reason", entry.at));
            }
            if entry.ids.is_empty() {
                return Err(format!("the entry at {:?} has no ids", entry.at));
            }
            for id in &entry.ids {
                if !seen.insert((id, &entry.at)) {
                    return Err(format!("{id} stands twice at {:?}", entry.at));
                }
            }
        }
        let sometimes = self.known.iter().filter(|entry| entry.sometimes).count();
        if sometimes > MOST_SOMETIMES {
            return Err(format!(
                "{sometimes} entries fail sometimes; at most {MOST_SOMETIMES} may"
            ));
        }
        Ok(())
    }

    /// Checks that the baseline holds for the subject of a run, and that it knows no unknown ids.
    ///
    /// # Errors
    /// [`BaselineError`]
    pub fn check(
        &self,
        report: &Report,
        is_known_id: impl Fn(&str) -> bool,
    ) -> Result<(), BaselineError> {
        let subject = &report.subject;
        if self.subject != subject.name {
            let (own, other) = (&self.subject, &subject.name);
            return Err(BaselineError::Invalid(format!(
                "the baseline is for {own}, not for {other}"
            )));
        }
        let ids = self.known.iter().flat_map(|entry| &entry.ids);
        if let Some(unknown) = ids.into_iter().find(|id| !is_known_id(id)) {
            return Err(BaselineError::Invalid(format!(
                "the baseline lists {unknown}, which does not exist"
            )));
        }
        if self.version != subject.version {
            let (own, other) = (&self.version, &subject.version);
            return Err(BaselineError::Changed(format!(
                "the baseline holds for version {own}, but the version is {other}"
            )));
        }
        let cannot: BTreeSet<String> = subject.cannot.keys().cloned().collect();
        if cannot != self.cannot {
            let more: Vec<&str> = cannot.difference(&self.cannot).map(String::as_str).collect();
            let fewer: Vec<&str> = self.cannot.difference(&cannot).map(String::as_str).collect();
            return Err(BaselineError::Changed(format!(
                "the capabilities differ from the baseline: lacks now [{}], lacked before [{}]",
                more.join(", "),
                fewer.join(", ")
            )));
        }
        Ok(())
    }

    /// Returns the ids of the cases and scenarios that fail sometimes.
    #[must_use]
    pub fn sometimes(&self) -> BTreeSet<&str> {
        let entries = self.known.iter().filter(|entry| entry.sometimes);
        entries.flat_map(|entry| &entry.ids).map(String::as_str).collect()
    }

    /// Returns true if the case or the scenario fails in each run.
    #[must_use]
    pub fn always_fails(&self, id: &str) -> bool {
        let mut entries = self.known.iter().filter(|entry| entry.ids.contains(id)).peekable();
        entries.peek().is_some() && entries.all(|entry| !entry.sometimes)
    }

    /// Marks the failures that the baseline lists as known, and passes that it does not expect.
    pub fn apply(&self, report: &mut Report) {
        let mut entries: BTreeMap<&str, Vec<&KnownFailure>> = BTreeMap::new();
        for entry in &self.known {
            for id in &entry.ids {
                entries.entry(id).or_default().push(entry);
            }
        }
        for row in &mut report.rows {
            let Some(entries) = entries.get(row.id.as_str()) else { continue };
            match &row.outcome {
                RowOutcome::Failed(check) => {
                    if let Some(entry) = entries.iter().find(|entry| entry.at == check.label) {
                        let reason = entry.reason.clone();
                        row.outcome = RowOutcome::Known { check: check.clone(), reason };
                    }
                }
                RowOutcome::Passed => {
                    if let Some(entry) = entries.iter().find(|entry| !entry.sometimes) {
                        let (label, reason) = (entry.at.clone(), entry.reason.clone());
                        row.outcome = RowOutcome::UnexpectedPass { label, reason };
                    }
                }
                RowOutcome::Known { .. }
                | RowOutcome::UnexpectedPass { .. }
                | RowOutcome::Skipped(_) => {}
            }
        }
    }

    /// Returns a baseline with all failures of a run, with the reasons of an earlier baseline. New entries have no reason.
    #[must_use]
    pub fn of(report: &Report, earlier: Option<&Self>) -> Self {
        let mut known = KnownFailures::default();
        for row in &report.rows {
            let (RowOutcome::Failed(check) | RowOutcome::Known { check, .. }) = &row.outcome else {
                continue;
            };
            let new = KnownFailure { at: check.label.clone(), ..KnownFailure::default() };
            let mut entries = earlier.into_iter().flat_map(|baseline| &baseline.known);
            let former = entries.find(|entry| entry.at == new.at && entry.ids.contains(&row.id));
            known.add(row.id.clone(), former.unwrap_or(&new));
        }
        Self {
            schema: Some("../data/schema/baseline-1.schema.json".to_owned()),
            format: 1,
            subject: report.subject.name.clone(),
            version: report.subject.version.clone(),
            cannot: report.subject.cannot.keys().cloned().collect(),
            known: known.sorted(),
        }
    }

    /// Returns the file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }
}

fn shown(ids: &BTreeSet<String>) -> String {
    ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::case::Profile;
    use crate::json::Json;
    use crate::report::{FailedCheck, ReportSubject, Row, SkipKind, SkippedRow};

    pub(crate) fn failed(label: &str) -> RowOutcome {
        let label = label.to_owned();
        let (expected, actual) = (Json::Null, Json::Null);
        RowOutcome::Failed(FailedCheck { message: label.clone(), label, expected, actual })
    }

    pub(crate) fn skipped(kind: SkipKind, reason: &str) -> RowOutcome {
        RowOutcome::Skipped(SkippedRow { kind, reason: reason.to_owned() })
    }

    pub(crate) fn row(id: &str, group: &str, profile: Option<Profile>, outcome: RowOutcome) -> Row {
        Row {
            id: id.to_owned(),
            rev: None,
            title: String::new(),
            group: group.to_owned(),
            profile,
            tier: 1,
            outcome,
            took: std::time::Duration::from_millis(17),
            reproduce: Vec::new(),
            evidence: Vec::new(),
        }
    }

    fn report(rows: &[(&str, Option<&str>)]) -> Report {
        let outcome = |label: &Option<&str>| label.map_or(RowOutcome::Passed, failed);
        let rows = rows.iter().map(|(id, label)| row(id, "G", None, outcome(label)));
        Report {
            subject: ReportSubject {
                name: "s".to_owned(),
                version: "1".to_owned(),
                runtime: String::new(),
                cannot: [("usage".to_owned(), "none".to_owned())].into(),
            },
            rows: rows.collect(),
            ..Report::default()
        }
    }

    const TEXT: &str = r#"{"format":1,"subject":"s","version":"1","cannot":["usage"],"known":[
        {"ids":["A","B"],"at":"value","reason":"It rounds."},
        {"ids":["C"],"at":"race","reason":"It races.","sometimes":true}]}"#;

    #[test]
    fn failures_are_known_at_their_label_only() {
        let baseline = Baseline::parse(TEXT).unwrap();
        let mut run = report(&[
            ("A", Some("value")),
            ("B", Some("another")),
            ("C", None),
            ("D", Some("value")),
        ]);
        baseline.apply(&mut run);
        let outcomes: Vec<_> = run.rows.iter().map(|row| row.outcome.name()).collect();
        assert_eq!(outcomes, ["known", "fail", "pass", "fail"]);
        let mut passes = report(&[("A", None), ("C", Some("race"))]);
        baseline.apply(&mut passes);
        let outcomes: Vec<_> = passes.rows.iter().map(|row| row.outcome.name()).collect();
        assert_eq!(outcomes, ["unexpected pass", "known"]);
    }

    #[test]
    fn another_subject_version_capability_or_id_is_an_error() {
        let baseline = Baseline::parse(TEXT).unwrap();
        let run = report(&[]);
        let known = |id: &str| ["A", "B", "C"].contains(&id);
        assert_eq!(baseline.check(&run, known), Ok(()));
        assert!(matches!(baseline.check(&run, |_| false), Err(BaselineError::Invalid(_))));
        let mut other = report(&[]);
        other.subject.name = "t".to_owned();
        assert!(matches!(baseline.check(&other, known), Err(BaselineError::Invalid(_))));
        let mut newer = report(&[]);
        newer.subject.version = "2".to_owned();
        assert!(matches!(baseline.check(&newer, known), Err(BaselineError::Changed(_))));
        let mut more = report(&[]);
        more.subject.cannot.insert("store".to_owned(), "none".to_owned());
        let Err(BaselineError::Changed(text)) = baseline.check(&more, known) else {
            panic!("a changed capability")
        };
        assert!(text.contains("store"), "{text}");
    }

    #[test]
    fn a_written_baseline_keeps_reasons_and_is_refused_without() {
        let earlier = Baseline::parse(TEXT).unwrap();
        let run = report(&[("A", Some("value")), ("B", Some("value")), ("D", Some("value"))]);
        let written = Baseline::of(&run, Some(&earlier));
        assert_eq!(written.known.len(), 2);
        let error = Baseline::parse(&written.to_text()).unwrap_err();
        assert!(error.contains("D has no reason"), "{error}");
        let kept = Baseline::of(&report(&[("A", Some("value"))]), Some(&earlier));
        assert_eq!(Baseline::parse(&kept.to_text()).unwrap().known[0].reason, "It rounds.");
    }
}
