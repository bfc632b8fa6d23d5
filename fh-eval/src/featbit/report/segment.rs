//! The reports of segments.

use serde_json::value::RawValue;

use super::super::words::KEY;
use super::condition::{malformed_condition, title};
use super::reporter::{Reporter, of_rule, outcome};
use crate::diagnostic::Diagnostic;
use crate::explanation::{Nested, RowStep, SegmentReport, StepKind, StepOutcome, StepReport};
use crate::json::{Record, Tree, mend, owned_text as text, records as list};

/// The lists of a segment, which its first rows decide. The rows of its rules follow.
const LISTS: [&str; 2] = ["excluded", "included"];

impl Reporter<'_> {
    /// Returns the report of a segment that was evaluated for a condition.
    pub(super) fn segment(&self, nested: &Nested) -> SegmentReport {
        let Some(detail) = &nested.detail else {
            return SegmentReport {
                id: nested.name.to_string(),
                name: None,
                is_member: nested.held,
                because: "it is unknown or archived".to_string(),
                rules: Vec::new(),
            };
        };
        let json = mend(&detail.json);
        let json: Option<&RawValue> = serde_json::from_str(&json).ok();
        let tree = json.map(Tree::of);
        let segment = tree.as_ref().and_then(|tree| tree.json().record()).unwrap_or_default();
        let rows = &nested.walk.rows;
        let rules: Vec<StepReport> = (0..)
            .zip(list(&segment, "rules"))
            .zip(rows.iter().skip(LISTS.len()))
            .map(|((position, rule), row)| {
                let diagnostics = of_rule(&detail.diagnostics, Some(position));
                self.segment_rule(position, &rule, row, &diagnostics)
            })
            .collect();
        let key = self.property(KEY).unwrap_or_default();
        let because = match nested.walk.answer() {
            Some((row, _)) => match (LISTS.get(row), rules.last()) {
                (Some(name), _) => format!("its list `{name}` names {key:?}"),
                (None, Some(rule)) if nested.held.is_none() => {
                    format!("{}: {}", rule.title(), rule.because)
                }
                (None, Some(rule)) => format!("{} matches", rule.title()),
                (None, None) => "its rules cannot be read".to_string(),
            },
            None if rules.is_empty() => format!("its list `included` does not name {key:?}"),
            None => format!("no list names {key:?}, and no rule matches"),
        };
        SegmentReport {
            id: nested.name.to_string(),
            name: text(&segment, "name"),
            is_member: nested.held,
            because,
            rules,
        }
    }

    fn segment_rule(
        &self,
        position: u32,
        rule: &Record<'_>,
        row: &RowStep,
        diagnostics: &[&Diagnostic],
    ) -> StepReport {
        let conditions = self.conditions(rule, Some(row), diagnostics);
        let outcome = outcome(row);
        let because = match outcome {
            StepOutcome::Malformed => malformed_condition(rule, &conditions)
                .unwrap_or_else(|| "cannot be evaluated".to_string()),
            StepOutcome::Match if conditions.is_empty() => {
                "a rule without conditions matches all users".to_string()
            }
            StepOutcome::Match => "all conditions hold".to_string(),
            _ => {
                let failed = conditions.iter().position(|condition| condition.held == Some(false));
                let failed = failed.and_then(|at| Some(title(at, conditions.get(at)?)));
                failed.map_or_else(
                    || "does not match".to_string(),
                    |title| format!("{title} does not hold"),
                )
            }
        };
        StepReport {
            position: Some(position),
            name: text(rule, "name"),
            conditions,
            ..StepReport::of(StepKind::Rule, outcome, because)
        }
    }
}
