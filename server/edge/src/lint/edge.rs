//! Warnings about rules that profile `edge` evaluates differently, as far as a payload shows it.

use std::collections::BTreeSet;

use fh_eval::internal::text::number::{Decimal, OwnedDecimal};
use fh_eval::internal::{Relation, Shape, Token};
use regex_syntax::hir::Look;

use super::finding::{At, Findings};
use super::rules;
use super::view::{FeatureView, RuleView, StrategyView};

/// Checks one rule for parts that profile `edge` reads but evaluates differently.
pub(super) fn check<'v>(
    findings: &mut Findings<'_>,
    view: &'v FeatureView<'_>,
    strategy: &'v StrategyView<'_>,
    rule: &'v RuleView<'_>,
) {
    if rules::never_holds(rule) {
        return;
    }
    let at = view.at_rule(strategy, rule);
    let mut warn = |at: &At<'_>, message: &str, advice: &str| {
        findings.warn(at, "edge", format!("under profile edge {message}"), advice);
    };
    let (kind, conditional) = (rule.kind.as_ref(), rule.conditional.as_ref());
    let clock = rule.field.eq_ignore_ascii_case("now");
    if matches!(rule.values, Shape::Absent) && conditional == "EQUALS" && !clock {
        let at = At { member: Some("values"), ..at };
        return warn(
            &at,
            "absent values are read as an empty list, so the rule never holds",
            "set `values` to null if the rule is to match contexts without the attribute",
        );
    }
    let relation = rule.relation();
    let equality = matches!(relation, Some(Relation::Equal | Relation::Contains));
    let textual = relation.is_some_and(Relation::is_textual);
    if kind == "DATETIME" && !textual && clock && !rule.listed().is_empty() {
        return warn(
            &at,
            "the clock is read as a date-time without an offset, so the rule never holds",
            "use the type DATE",
        );
    }
    if kind == "STRING" && conditional == "NOT_EQUALS" && texts(rule).len() > 1 {
        return warn(
            &at,
            "the rule holds for every context with the attribute, because every text differs from at least one of the values",
            "use one rule per value",
        );
    }
    if kind == "DATETIME" && equality && !rule.listed().is_empty() {
        return warn(
            &at,
            "equal times that are written with different offsets are not equal",
            "use GREATER_EQUALS and LESS_EQUALS, or the type DATE",
        );
    }
    if conditional == "REGEX" && kind == "NUMBER" && !rule.listed().is_empty() {
        return warn(
            &at,
            "pattern and text are swapped: the number in the context is the pattern, and the rule's value is the text",
            "use the type STRING",
        );
    }
    for value in rule.listed() {
        let at = At { member: Some("values"), token: Some(value.raw), ..at.clone() };
        match (kind, &value.token) {
            ("STRING" | "DATE" | "DATETIME", Token::Text(pattern))
                if conditional == "REGEX" && matches_part(pattern) =>
            {
                warn(
                    &at,
                    "the pattern must match the whole text, not only a part of it",
                    "write the pattern for the whole text, from ^ to $",
                );
            }
            ("NUMBER", Token::Number(digits)) if equality && is_fraction(digits) => {
                warn(
                    &at,
                    "fractions are equal only in their exact binary value and number of decimals",
                    "use GREATER_EQUALS and LESS_EQUALS, or whole numbers",
                );
            }
            ("NUMBER", Token::Number(digits))
                if !textual && is_fraction(digits) && !is_exact(digits) =>
            {
                warn(
                    &at,
                    "the fraction is compared by its binary value, which differs slightly from the written one",
                    "use whole numbers, such as cents",
                );
            }
            _ => {}
        }
    }
}

fn texts(rule: &RuleView<'_>) -> BTreeSet<String> {
    let values = rule.listed().iter();
    values.filter_map(|value| Some(value.text()?.into_owned())).collect()
}

/// Returns true if the pattern is not anchored at both ends, so that a search can match a part of a text. Returns false for a
/// pattern that `regex_syntax` cannot parse.
fn matches_part(pattern: &str) -> bool {
    regex_syntax::parse(pattern).is_ok_and(|tree| {
        let properties = tree.properties();
        !(properties.look_set_prefix().contains(Look::Start)
            && properties.look_set_suffix().contains(Look::End))
    })
}

/// Returns true for a number whose double is not whole. The Edge writes whole doubles without decimals.
fn is_fraction(digits: &str) -> bool {
    digits.contains(['.', 'e', 'E'])
        && digits.parse::<f64>().is_ok_and(|double| double.fract() != 0.0)
}

fn is_exact(digits: &str) -> bool {
    let double = digits.parse().ok().and_then(OwnedDecimal::from_double);
    double.is_some_and(|double| Decimal::parse(digits) == Some(double.as_decimal()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchored_patterns_match_wholes() {
        for whole in ["^a$", r"\Aa\z", "^(a|b)$", "^a$|^b$"] {
            assert!(!matches_part(whole), "{whole}");
        }
        for part in ["a", "^a", "a$", "^a|b$", "(?m)^a$"] {
            assert!(matches_part(part), "{part}");
        }
    }

    #[test]
    fn fractions() {
        assert!(is_fraction("9.5") && is_exact("9.5"));
        assert!(is_fraction("10.1") && !is_exact("10.1"));
        assert!(!is_fraction("10.0") && !is_fraction("10") && !is_fraction("1e3"));
    }
}
