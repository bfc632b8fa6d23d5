//! The parts of the engine that a ruleset lacks.

use fh_eval::{DiagnosticKind, Ruleset};

/// Regular expressions.
const PATTERNS: u32 = 1;
/// The profile `edge`.
const EDGE_PROFILE: u32 = 2;

/// Returns the sum of the numbers of the parts that the ruleset lacks.
pub(crate) fn of(ruleset: &Ruleset) -> u32 {
    let parts = ruleset.diagnostics().map(|diagnostic| match diagnostic.problem {
        DiagnosticKind::MissingCargoFeature("patterns") => PATTERNS,
        DiagnosticKind::MissingCargoFeature(_) => EDGE_PROFILE,
        _ => 0,
    });
    parts.fold(0, |all, part| all | part)
}
