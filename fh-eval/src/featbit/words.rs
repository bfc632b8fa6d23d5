//! FeatBit's names of properties, and its words for reasons.

pub(super) use crate::attributes::names::KEY_ID as KEY;
use crate::evaluation::Evaluation;
use crate::reason::EvaluationReason;

/// The name of the property with the user's name.
pub(super) const NAME: &str = "name";

/// Returns FeatBit's word for the reason of an evaluation, such as `RuleMatch`.
#[must_use]
pub fn reason(evaluation: &Evaluation<'_>) -> &'static str {
    word(evaluation.reason())
}

/// Returns FeatBit's word for a reason. Only rules are split with this reason; a fallthrough that is split has its own.
pub(super) const fn word(reason: EvaluationReason) -> &'static str {
    match reason {
        EvaluationReason::Off => "Off",
        EvaluationReason::Target => "TargetMatch",
        EvaluationReason::StrategyMatch | EvaluationReason::Split => "RuleMatch",
        EvaluationReason::Default => "Fallthrough",
        EvaluationReason::TypeMismatch => "WrongType",
        EvaluationReason::NotFound => "FlagNotFound",
        _ => "Error",
    }
}
