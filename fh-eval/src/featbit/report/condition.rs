//! The reports of conditions.

use super::super::condition::{IN_NO_SEGMENT, IN_SEGMENT, OPERATORS};
use super::reporter::{Reporter, token};
use crate::diagnostic::Diagnostic;
use crate::explanation::{BEYOND_LIMIT, ConditionReport, RowStep, WalkedRule};
use crate::json::{Record, Shape, compact, mend, owned_text as text, records as list};
use crate::text::dotnet_double::DoubleGrammar;

impl Reporter<'_> {
    /// Returns the reports of the conditions of a rule, from whose first row the outcomes come. `diagnostics` are those of the rule.
    pub(super) fn conditions(
        &self,
        rule: &Record<'_>,
        row: Option<&RowStep>,
        diagnostics: &[&Diagnostic],
    ) -> Vec<ConditionReport> {
        let walked = row.map_or(&[][..], |row| &row.rules);
        // The rules end before a condition that cannot be read, so that the walk ends there too.
        let end = row.filter(|_| walked.iter().all(|step| step.held)).map(|_| walked.len());
        let report = |(index, condition)| {
            let report = self.condition(&condition, walked.iter().find(|step| step.index == index));
            let broken = diagnostics.iter().find(|diagnostic| diagnostic.place.rule == Some(index));
            match broken {
                Some(diagnostic) if Some(index as usize) == end => {
                    let why = format!("cannot be evaluated ({})", diagnostic.problem);
                    ConditionReport { note: Some(why), ..report }
                }
                _ => report,
            }
        };
        (0..).zip(list(rule, "conditions")).map(report).collect()
    }

    fn condition(&self, condition: &Record<'_>, step: Option<&WalkedRule>) -> ConditionReport {
        let property = text(condition, "property").unwrap_or_default();
        let is_on_segments = step.is_some_and(|step| !step.segments.is_empty())
            || matches!(&*property, IN_SEGMENT | IN_NO_SEGMENT);
        let operator = text(condition, "op").filter(|_| !is_on_segments).unwrap_or_default();
        let value = text(condition, "value");
        let is_list = is_on_segments || matches!(&*operator, "IsOneOf" | "NotOneOf");
        let given = self.property(&property).filter(|_| !is_on_segments);
        let is_beyond_limit = step.is_some_and(|step| step.is_beyond_limit);
        let is_malformed = is_beyond_limit
            || step.is_some_and(|step| step.segments.iter().any(|segment| segment.held.is_none()));
        let held = step.filter(|_| !is_malformed).map(|step| step.held);
        let note = match (&value, given, held) {
            _ if is_beyond_limit => Some(BEYOND_LIMIT),
            (.., None) => is_malformed.then_some("cannot be evaluated"),
            (None, ..) => Some("the condition has no value"),
            _ if is_on_segments => None,
            _ if !OPERATORS.contains(&&*operator) => Some("unknown operator"),
            (_, None, Some(true)) => {
                Some("the user has no such property, which counts as an empty text")
            }
            (_, None, Some(false)) => Some("the user has no such property"),
            (Some(wanted), Some(given), Some(held)) => not_numbers(&operator, wanted, given, held),
        };
        ConditionReport {
            wanted: value.map(|value| if is_list { list_token(&value) } else { token(&value) }),
            given: given.map(str::to_string),
            held,
            note: note.map(str::to_string),
            segments: step.map_or(Vec::new(), |step| {
                step.segments.iter().map(|segment| self.segment(segment)).collect()
            }),
            property,
            operator,
        }
    }
}

/// Returns the reason why a rule cannot be evaluated, if its conditions are the reason.
pub(super) fn malformed_condition(
    rule: &Record<'_>,
    conditions: &[ConditionReport],
) -> Option<String> {
    if !matches!(rule.list("conditions"), Shape::Is(_)) {
        return Some("its conditions are not a list".to_string());
    }
    let position = conditions.iter().position(|condition| condition.held != Some(true))?;
    let condition = conditions.get(position)?;
    let title = title(position, condition);
    let segment = condition.segments.iter().find(|segment| segment.is_member.is_none());
    Some(match (segment, &condition.note) {
        (Some(segment), _) => {
            format!("{title}: segment {} cannot be evaluated ({})", segment.id, segment.because)
        }
        (None, Some(note)) => format!("{title} {note}"),
        (None, None) => format!("{title} cannot be evaluated"),
    })
}

/// Returns the words for a condition, such as `condition 1 (country)`.
pub(super) fn title(position: usize, condition: &ConditionReport) -> String {
    format!("condition {} ({})", position + 1, condition.property)
}

/// Returns a note if a comparison of numbers fails because one side is none.
fn not_numbers(operator: &str, wanted: &str, given: &str, held: bool) -> Option<&'static str> {
    let is_on_numbers = operator.ends_with("Than");
    if held || !is_on_numbers {
        return None;
    }
    let is_number = |text| DoubleGrammar::All.read(text).is_some();
    match (is_number(wanted), is_number(given)) {
        (false, _) => Some("the value of the condition is not a number"),
        (true, false) => Some("not a number"),
        (true, true) => None,
    }
}

/// Returns the list in a text, or the text itself if it holds none.
fn list_token(text: &str) -> String {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => mend(&compact(text)).into_owned(),
        Err(_) => token(text),
    }
}
