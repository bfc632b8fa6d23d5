//! Advice for the engine's diagnostics.

use fh_eval::internal::text::pattern::Refusal;
use fh_eval::internal::wire::name;
use fh_eval::internal::{Conditional, RuleType};
use fh_eval::{Diagnostic, DiagnosticKind};

use super::other_words::meant;

/// Returns the code of a diagnostic, and advice that describes the remedy.
pub(super) fn of(diagnostic: &Diagnostic) -> (&'static str, String) {
    let member = diagnostic.place.member.unwrap_or("this part");
    match &diagnostic.problem {
        DiagnosticKind::Expected(what) => (
            "wrong-type",
            match member {
                "feature" => "make the feature an object with id, key, type and value".to_string(),
                "key" => "give the feature a key".to_string(),
                name::PERCENTAGE => "write a whole number of millionths: 25 % is 250000, or 25% in a state file".to_string(),
                name::FIELD => "write the name of an attribute, such as fieldName: country".to_string(),
                "attributes" => "write a list of rules, such as [{ fieldName: country, type: STRING, conditional: EQUALS, values: [new_zealand] }]".to_string(),
                "values" => "write a list of values, such as [a, b]".to_string(),
                _ => format!("make {member} {what}, or remove {member}"),
            },
        ),
        DiagnosticKind::Unknown(what) => ("unknown-name", known(what, diagnostic)),
        DiagnosticKind::NotA(what) => ("unreadable-value", format!("write {}", example(what))),
        DiagnosticKind::Pattern(Refusal::Unsupported(construct)) => {
            ("regex", construct.instead().to_string())
        }
        DiagnosticKind::Pattern(Refusal::Invalid(_)) => (
            "regex",
            "correct the pattern; a backslash makes a special character plain".to_string(),
        ),
        DiagnosticKind::Pattern(_) => {
            ("regex", "split the pattern into several values".to_string())
        }
        DiagnosticKind::PatternBudget => (
            "regex",
            "use STARTS_WITH, ENDS_WITH or INCLUDES instead of REGEX where possible".to_string(),
        ),
        DiagnosticKind::NoFeatureId | DiagnosticKind::NoHashId => (
            "no-feature-id",
            "give the feature its id, from which percentages are computed".to_string(),
        ),
        DiagnosticKind::MisspeltMember(meant) => ("unknown-name", format!("write {meant}")),
        DiagnosticKind::UnknownMember => ("unknown-name", "remove the member".to_string()),
        DiagnosticKind::DuplicateKey => {
            ("duplicate-key", "rename the other features with this key, or remove them".to_string())
        }
        DiagnosticKind::ServerRaises => (
            "unreadable-value",
            "remove the null, or write a boolean if the rule is BOOLEAN".to_string(),
        ),
        _ => (
            "wrong-type",
            "correct the named part of the document, or remove that part".to_string(),
        ),
    }
}

/// Returns advice that names the known name that is probably meant, or else all known names.
fn known(what: &str, diagnostic: &Diagnostic) -> String {
    let names: Vec<&str> = match what {
        "feature type" => vec!["BOOLEAN", "STRING", "NUMBER", "JSON"],
        "rule type" => RuleType::ALL.iter().map(|kind| kind.name()).collect(),
        _ => Conditional::ALL.iter().map(|conditional| conditional.name()).collect(),
    };
    let given = diagnostic.place.value.as_deref().unwrap_or_default().trim_matches('"');
    match meant(given, &names) {
        Some(meant) => format!("write {meant}"),
        None => format!("write one of {}", names.join(", ")),
    }
}

fn example(what: &str) -> &'static str {
    if what.contains("date-time") {
        "a date-time with its offset, such as 2026-11-27T09:00:00Z"
    } else if what.contains("date") {
        "a date such as 2026-11-27"
    } else if what.contains("address") || what.contains("network") {
        "an address or network such as 203.0.113.0/24 or 2001:db8::/32"
    } else if what.contains("number") {
        "a number such as 10 or 9.95, without quotes"
    } else if what.contains("text") {
        "a text in quotes"
    } else {
        "a value of the rule's type"
    }
}
