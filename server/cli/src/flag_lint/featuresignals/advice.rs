//! Advice for the engine's diagnostics.

use fh_eval::featuresignals::OPERATORS;
use fh_eval::{Construct, Diagnostic, DiagnosticKind, Refusal, Vocabulary};

use crate::flag_lint::findings::meant;

/// Returns the code of a diagnostic, and advice that describes the remedy.
pub(super) fn of(diagnostic: &Diagnostic) -> (&'static str, String) {
    let member = diagnostic.place.member.unwrap_or("this part");
    let value = diagnostic.place.value.as_deref().unwrap_or_default();
    match &diagnostic.problem {
        DiagnosticKind::Expected(what) => ("wrong-type", format!("make {member} {what}")),
        DiagnosticKind::Unknown("operator") => {
            let otherwise = format!("write one of {}", OPERATORS.join(", "));
            ("unknown-operator", meant(value, OPERATORS, &otherwise))
        }
        DiagnosticKind::Unknown(_) => {
            ("unknown-name", "write all or any, in lower case".to_string())
        }
        DiagnosticKind::NotA("a number") => (
            "unreadable-value",
            "write a number without blanks, such as [\"18\"]; no operator compares versions or dates"
                .to_string(),
        ),
        DiagnosticKind::NotA(what) => ("unreadable-value", format!("write {what}")),
        DiagnosticKind::Pattern(Refusal::Unsupported(construct)) => {
            ("regex", instead(*construct).to_string())
        }
        DiagnosticKind::Pattern(Refusal::Invalid(_)) => (
            "regex",
            "correct the pattern, whose syntax is RE2; a backslash makes a special character plain"
                .to_string(),
        ),
        DiagnosticKind::Pattern(_) | DiagnosticKind::PatternBudget => {
            ("regex", "use startsWith, endsWith, contains or in where possible".to_string())
        }
        _ if diagnostic.place.vocabulary == Vocabulary::Segment => {
            ("wrong-type", "correct the named part of the segment".to_string())
        }
        _ => ("wrong-type", "correct the named part of the flag".to_string()),
    }
}

/// Returns advice in FeatureSignals' words on what to write instead of a construct.
fn instead(construct: Construct) -> &'static str {
    match construct {
        Construct::LookAhead => {
            "give each look-ahead a condition of its own, and the rule the match type all"
        }
        Construct::NegativeLookAhead | Construct::NegativeLookBehind => {
            "write the texts that are meant; no operator negates a pattern"
        }
        Construct::LookBehind => "write the text that precedes as part of the pattern",
        other => other.instead(),
    }
}
