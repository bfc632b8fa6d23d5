//! Advice for the engine's diagnostics.

use fh_eval::featbit::OPERATORS;
use fh_eval::{Diagnostic, DiagnosticKind, Refusal, Vocabulary};
use fh_files::closest;

use crate::flag_lint::node::Node;

/// Returns the code of a diagnostic, and advice that describes the remedy. `entity` is the flag or the segment.
pub(super) fn of(diagnostic: &Diagnostic, entity: Node<'_>) -> (&'static str, String) {
    let member = diagnostic.place.member.unwrap_or("this part");
    let value = diagnostic.place.value.as_deref().unwrap_or_default();
    match &diagnostic.problem {
        DiagnosticKind::Expected(what) => {
            ("wrong-type", format!("make {member} {what}, as FeatBit writes it"))
        }
        DiagnosticKind::Unknown("variation") => {
            let mut ids: Vec<String> = entity
                .list("variations")
                .into_iter()
                .filter_map(|variation| variation.text("id").map(String::from))
                .collect();
            ids.dedup();
            let advice = match ids.as_slice() {
                [] => "add variations to the flag".to_string(),
                ids => format!("name one of the variations of the flag: {}", ids.join(", ")),
            };
            ("unknown-variation", advice)
        }
        DiagnosticKind::Unknown(_) => {
            let advice = match closest(value, OPERATORS) {
                Some(meant) => format!("write {meant}"),
                None => format!("write one of {}", OPERATORS.join(", ")),
            };
            ("unknown-operator", advice)
        }
        DiagnosticKind::NotA(what) if what.contains("interval") => (
            "interval",
            "write two numbers from 0 to 1, the smaller one first, such as [0, 0.5]".to_string(),
        ),
        DiagnosticKind::NotA(_) => (
            "unreadable-value",
            "write a JSON list of texts as the text of the value, such as \"[\\\"pro\\\", \\\"trial\\\"]\"".to_string(),
        ),
        DiagnosticKind::Pattern(Refusal::Unsupported(construct)) => {
            ("regex", construct.instead().to_string())
        }
        DiagnosticKind::Pattern(Refusal::Invalid(_)) => (
            "regex",
            "correct the pattern; a backslash makes a special character plain".to_string(),
        ),
        DiagnosticKind::Pattern(_) | DiagnosticKind::PatternBudget => (
            "regex",
            "use StartsWith, EndsWith, Contains or IsOneOf where possible".to_string(),
        ),
        DiagnosticKind::DuplicateKey => {
            ("duplicate-key", "remove the other flags with this key".to_string())
        }
        _ if diagnostic.place.vocabulary == Vocabulary::Segment => {
            ("wrong-type", "correct the named part of the segment".to_string())
        }
        _ => ("wrong-type", "correct the named part of the flag".to_string()),
    }
}
