//! The reports of rules.

use super::condition::Combined;
use super::share::percentage;
use super::{Reporter, list, text, value_of};
use crate::diagnostic::Diagnostic;
use crate::explanation::{ConditionReport, RowStep, StepKind, StepOutcome, StepReport, WalkedRule};
use crate::json::{Record, compact, mend};

/// The name of the test of a rule's segments, among the reports of its conditions.
const SEGMENTS: &str = "segments";

impl Reporter<'_> {
    /// Returns the rules in the order in which they are evaluated, with their positions in the list.
    pub(super) fn rules_in_order(&self) -> Vec<(u32, Record<'_>)> {
        let rules = self.records.state.as_ref().map_or(Vec::new(), |state| list(state, "rules"));
        let mut rules: Vec<(u32, Record<'_>)> = (0..).zip(rules).collect();
        rules.sort_by_key(|(_, rule)| percentage(rule, "priority").unwrap_or(i64::MAX));
        rules
    }

    /// Returns the report of a rule. `is_decided` is true if a step before it decided.
    pub(super) fn rule(&self, position: u32, rule: &Record<'_>, is_decided: bool) -> StepReport {
        let rows: Vec<&RowStep> =
            self.rows.iter().filter(|step| step.row.position == position).collect();
        let diagnostics: Vec<&Diagnostic> = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.place.strategy == Some(position))
            .collect();
        let combined = Combined::of(rule);
        let walked = |index: u32| -> Option<&WalkedRule> {
            match combined {
                Combined::All => rows.first()?.rules.iter().find(|rule| rule.index == index),
                Combined::Any => rows.get(index as usize)?.rules.first(),
            }
        };
        let conditions = self.conditions((rule, "conditions"), combined, &diagnostics, walked);
        let count = conditions.reports.len() as u32;
        let after_conditions = match combined {
            Combined::All => count,
            Combined::Any => count.min(1),
        };
        let segments = rows
            .iter()
            .find_map(|row| row.rules.iter().find(|rule| rule.index == after_conditions));
        let segments = self.segments_of(rule, segments);
        let answer = rows.iter().find(|row| row.answer.is_some());
        let drawn = rows.iter().find_map(|row| row.drawn);
        let outcome = match (answer, rows.is_empty()) {
            (Some(_), _) => StepOutcome::Match,
            (None, true) if is_decided => StepOutcome::NotReached,
            _ => StepOutcome::Miss,
        };
        let percentage = percentage(rule, "percentage");
        let because = if outcome == StepOutcome::NotReached {
            "not reached".to_string()
        } else if rows.is_empty() {
            match diagnostics.first() {
                Some(diagnostic) => diagnostic.problem.to_string(),
                None => "a percentage of 0 admits nobody".to_string(),
            }
        } else if let Some((bucket, false)) = drawn {
            format!("the bucket {bucket} is not below {}", percentage.unwrap_or_default())
        } else {
            why(&conditions.because, segments.as_ref())
        };
        let mut reports = conditions.reports;
        reports.extend(segments);
        let share = percentage.filter(|_| drawn.is_some());
        let value = value_of(rule, "value");
        let shares = share.map(|end| self.share(end, value.clone(), drawn));
        StepReport {
            position: Some(position),
            name: text(rule, "description").filter(|name| !name.is_empty()),
            conditions: reports,
            bucket: drawn.map(|(bucket, _)| self.bucket(bucket)),
            shares: shares.into_iter().collect(),
            value,
            ..StepReport::of(StepKind::Rule, outcome, because)
        }
    }

    /// Returns the report of the test that the context is in a segment of a rule; `None` for a rule without segments.
    fn segments_of(
        &self,
        rule: &Record<'_>,
        walked: Option<&WalkedRule>,
    ) -> Option<ConditionReport> {
        rule.list("segment_keys").into_value().filter(|keys| !keys.is_empty())?;
        let wanted = rule.get("segment_keys").map(|raw| mend(&compact(raw.get())).into_owned());
        Some(ConditionReport {
            property: SEGMENTS.to_string(),
            operator: "in".to_string(),
            wanted,
            given: None,
            held: walked.map(|walked| walked.held),
            note: None,
            segments: walked.map_or(Vec::new(), |walked| {
                walked.segments.iter().map(|segment| self.segment(segment)).collect()
            }),
        })
    }
}

/// Returns the reason of the outcome of a rule whose percentage admits the context.
fn why(conditions: &str, segments: Option<&ConditionReport>) -> String {
    match (conditions, segments.map(|segments| segments.held)) {
        ("", None) => "a rule without conditions matches everybody".to_string(),
        (conditions, None) => conditions.to_string(),
        (_, Some(Some(false))) => "the context is in none of the segments".to_string(),
        ("", Some(_)) => "the context is in a segment".to_string(),
        (conditions, Some(Some(true))) => format!("{conditions}, and the context is in a segment"),
        (conditions, Some(None)) => conditions.to_string(),
    }
}
