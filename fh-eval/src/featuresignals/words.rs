//! FeatureSignals' words for reasons.

use crate::evaluation::Evaluation;
use crate::reason::EvaluationReason;

/// Returns FeatureSignals' word for the reason of an evaluation, such as `TARGETED`.
#[must_use]
pub fn reason(evaluation: &Evaluation<'_>) -> &'static str {
    word(evaluation.reason())
}

pub(super) const fn word(reason: EvaluationReason) -> &'static str {
    match reason {
        EvaluationReason::Off => "DISABLED",
        EvaluationReason::Excluded => "MUTUALLY_EXCLUDED",
        EvaluationReason::PrerequisiteFailed => "PREREQUISITE_FAILED",
        EvaluationReason::StrategyMatch => "TARGETED",
        EvaluationReason::Split => "ROLLOUT",
        EvaluationReason::Variant => "VARIANT",
        EvaluationReason::Default => "FALLTHROUGH",
        EvaluationReason::NotFound => "NOT_FOUND",
        _ => "ERROR",
    }
}
