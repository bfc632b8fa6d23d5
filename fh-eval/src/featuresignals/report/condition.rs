//! The reports of conditions, and of segments.

use serde_json::value::RawValue;

use super::{Reporter, list, text};
use crate::diagnostic::Diagnostic;
use crate::explanation::{
    BEYOND_LIMIT, ConditionReport, Nested, SegmentReport, StepKind, StepOutcome, StepReport,
    WalkedRule,
};
use crate::json::{Record, Tree, compact, mend, optional_texts};
use crate::text::go_double;

/// The conditions of a rule or of a segment, with their outcomes.
pub(super) struct Conditions {
    pub(super) reports: Vec<ConditionReport>,
    /// The reason of the outcome of all conditions, as a part of a sentence.
    pub(super) because: String,
}

/// The combination of conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Combined {
    All,
    Any,
}

impl Combined {
    pub(super) fn of(record: &Record<'_>) -> Self {
        match text(record, "match_type").as_deref() {
            Some("any") => Self::Any,
            _ => Self::All,
        }
    }
}

impl Reporter<'_> {
    /// Returns the reports of the conditions in a list. `walked` gives the outcome of the condition at a position.
    pub(super) fn conditions<'s>(
        &self,
        (record, member): (&Record<'_>, &str),
        combined: Combined,
        diagnostics: &[&Diagnostic],
        walked: impl Fn(u32) -> Option<&'s WalkedRule>,
    ) -> Conditions {
        let reports = (0..).zip(list(record, member)).map(|(position, condition)| {
            let mut own = diagnostics.iter().filter(|found| found.place.rule == Some(position));
            let problem = own.next().map(|diagnostic| diagnostic.problem.to_string());
            self.condition(&condition, walked(position), problem)
        });
        let reports: Vec<ConditionReport> = reports.collect();
        let failed = reports.iter().position(|report| report.held == Some(false));
        let held = reports.iter().position(|report| report.held == Some(true));
        let title = |at: usize| {
            let report = reports.get(at);
            let attribute = report.map_or("", |report| report.property.as_str());
            format!("condition {} ({attribute})", at + 1)
        };
        let because = match (combined, failed, held) {
            _ if reports.is_empty() => String::new(),
            (Combined::All, Some(failed), _) => format!("{} does not hold", title(failed)),
            (Combined::All, None, _) => "all conditions hold".to_string(),
            (Combined::Any, _, Some(held)) => format!("{} holds", title(held)),
            (Combined::Any, ..) => "no condition holds".to_string(),
        };
        Conditions { reports, because }
    }

    fn condition(
        &self,
        condition: &Record<'_>,
        step: Option<&WalkedRule>,
        problem: Option<String>,
    ) -> ConditionReport {
        let property = text(condition, "attribute").unwrap_or_default();
        let operator = text(condition, "operator").unwrap_or_default();
        let values = condition.list("values").into_value().unwrap_or_default();
        let first = optional_texts(values).and_then(|values| values.into_iter().next().flatten());
        let given = self.attribute(&property);
        let held = step.map(|step| step.held);
        let is_on_numbers = matches!(&*operator, "gt" | "gte" | "lt" | "lte");
        let is_no_number =
            |text: Option<&str>| text.is_none_or(|text| go_double::read(text).is_none());
        let note = match (held, given) {
            (None, _) => None,
            (Some(_), _) if problem.is_some() => problem,
            _ if step.is_some_and(|step| step.is_beyond_limit) => Some(BEYOND_LIMIT.to_string()),
            (Some(_), None) => Some("the context has no such attribute".to_string()),
            (Some(false), _) if values.is_empty() => {
                Some("the condition has no values".to_string())
            }
            (Some(false), Some(given)) if is_on_numbers && is_no_number(Some(given)) => {
                Some("not a number".to_string())
            }
            (Some(false), Some(_)) if is_on_numbers && is_no_number(first.as_deref()) => {
                Some("the value of the condition is not a number".to_string())
            }
            (Some(_), Some(_)) => None,
        };
        let wanted = condition.get("values").map(|raw| mend(&compact(raw.get())).into_owned());
        ConditionReport {
            wanted,
            given: given.map(str::to_string),
            held,
            note,
            segments: Vec::new(),
            property,
            operator,
        }
    }

    /// Returns the report of a segment that was evaluated for a rule.
    pub(super) fn segment(&self, nested: &Nested) -> SegmentReport {
        let id = nested.name.to_string();
        let Some(detail) = &nested.detail else {
            let because = "there is no such segment".to_string();
            return SegmentReport {
                id,
                name: None,
                is_member: nested.held,
                because,
                rules: Vec::new(),
            };
        };
        let json = mend(&detail.json);
        let json: Option<&RawValue> = serde_json::from_str(&json).ok();
        let tree = json.map(Tree::of);
        let segment = tree.as_ref().and_then(|tree| tree.json().record()).unwrap_or_default();
        let rows = &nested.walk.rows;
        let combined = Combined::of(&segment);
        let diagnostics: Vec<&Diagnostic> = detail.diagnostics.iter().collect();
        let conditions =
            self.conditions(
                (&segment, "rules"),
                combined,
                &diagnostics,
                |position| match combined {
                    Combined::All => rows.first()?.rules.iter().find(|rule| rule.index == position),
                    Combined::Any => rows.get(position as usize)?.rules.first(),
                },
            );
        let is_member = nested.held == Some(true);
        let because = match (conditions.reports.is_empty(), is_member, rows.is_empty()) {
            (true, ..) => "a segment without conditions contains everybody".to_string(),
            (false, false, true) => "its match type is unknown".to_string(),
            _ => conditions.because,
        };
        let outcome = if is_member { StepOutcome::Match } else { StepOutcome::Miss };
        let mut rule = StepReport::of(StepKind::Rule, outcome, because.clone());
        rule.conditions = conditions.reports;
        let rules = if rule.conditions.is_empty() { Vec::new() } else { vec![rule] };
        SegmentReport { id, name: text(&segment, "name"), is_member: nested.held, because, rules }
    }
}
