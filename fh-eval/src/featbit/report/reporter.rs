//! The parts from which a report is made, and their texts.

use crate::attributes::{Attributes, Values};
use crate::diagnostic::Diagnostic;
use crate::explanation::{RowStep, StepOutcome};
use crate::json::{Record, Shape, owned_text as text};
use crate::reason::EvaluationReason;

/// Returns a text as a JSON token.
pub(super) fn token(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Returns the diagnostics of a rule.
pub(super) fn of_rule(diagnostics: &[Diagnostic], position: Option<u32>) -> Vec<&Diagnostic> {
    diagnostics.iter().filter(|diagnostic| diagnostic.place.strategy == position).collect()
}

/// The parts from which a report is made.
pub(super) struct Reporter<'a> {
    pub(super) key: &'a str,
    pub(super) flag: &'a Record<'a>,
    pub(super) variations: Vec<Record<'a>>,
    pub(super) user: Option<&'a Attributes>,
    pub(super) diagnostics: &'a [Diagnostic],
}

/// A variation as a report shows it.
pub(super) struct Variation {
    pub(super) id: String,
    /// The value as a JSON token; `None` for an unknown variation.
    pub(super) value: Option<String>,
}

impl Reporter<'_> {
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.user.and_then(|user| user.get(name)).and_then(Values::first)
    }

    /// Returns the variation that a member names.
    pub(super) fn variation(&self, of: &Record<'_>, member: &str) -> Variation {
        let id = text(of, member).unwrap_or_default();
        let has_id = |variation: &&Record<'_>| {
            text(variation, "id").unwrap_or_default() == id
                && matches!(variation.text("value"), Shape::Is(_))
        };
        let value = self.variations.iter().find(has_id).and_then(|found| text(found, "value"));
        Variation { id, value: value.as_deref().map(token) }
    }
}

/// Returns the outcome of a row that the walk reached.
pub(super) fn outcome(row: &RowStep) -> StepOutcome {
    match (&row.answer, row.row.reason) {
        (Some(_), EvaluationReason::Malformed) => StepOutcome::Malformed,
        (Some(_), _) => StepOutcome::Match,
        (None, _) => StepOutcome::Miss,
    }
}
