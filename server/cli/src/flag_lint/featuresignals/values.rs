//! Checks that values have the type of their flag, which the server does not check.

use crate::flag_lint::findings::{At, Findings};
use crate::flag_lint::node::Node;

/// Returns the article and the name of the JSON type of a value; `None` for null.
fn type_of(value: Node<'_>) -> Option<(&'static str, &'static str)> {
    Some(match value.json().bytes().next()? {
        b'n' => return None,
        b't' | b'f' => ("boolean", "a boolean"),
        b'"' => ("string", "a text"),
        b'[' | b'{' => ("json", "an object or a list"),
        _ => ("number", "a number"),
    })
}

/// Checks the value in a member. Null and missing values have no type.
pub(super) fn check(findings: &mut Findings, of: &At<'_>, member: &'static str, flag_type: &str) {
    let Some((found, words)) = of.node.get(member).and_then(type_of) else { return };
    if !matches!(flag_type, "boolean" | "string" | "number" | "json") || found == flag_type {
        return;
    }
    findings.warn(
        &of.member(member),
        "value-type",
        format!("the value is {words}, but the flag has the type {flag_type}"),
        "write a value of the type of the flag, or give the flag another type",
    );
}

/// Checks the value of a rule.
pub(super) fn check_of_rule(findings: &mut Findings, rule: &At<'_>, flag_type: &str) {
    if rule.node.get("value").is_none() {
        return findings.warn(
            rule,
            "value-type",
            "the rule has no value, so that its contexts get null",
            "write a value",
        );
    }
    check(findings, rule, "value", flag_type);
}
