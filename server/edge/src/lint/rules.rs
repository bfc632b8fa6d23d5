//! Checks of rules: conditionals, values and names that are probably mistakes.

use std::borrow::Cow;

use fh_eval::internal::text::pattern::{Extent, divergences, short_texts};
use fh_eval::internal::wire::name;
use fh_eval::internal::{Conditional, RuleType, Shape, Token};

use super::finding::{At, Findings};
use super::names;
use super::view::{FeatureView, RuleView, StrategyView, Value};

/// Checks the attribute's name, the conditional and the values of one rule.
pub(super) fn check<'v>(
    findings: &mut Findings<'_>,
    view: &'v FeatureView<'_>,
    strategy: &'v StrategyView<'_>,
    rule: &'v RuleView<'_>,
) {
    let at = At { member: None, ..view.at_rule(strategy, rule) };
    field(findings, rule, &at);
    if never_holds(rule) {
        findings.warn(
            &At { member: Some(name::CONDITIONAL), ..at },
            "never-holds",
            format!("{} never holds for {}", rule.conditional, rule.kind),
            instead(&rule.kind),
        );
        return;
    }
    let values = match &rule.values {
        Shape::Is(values) if !values.is_empty() => values,
        Shape::Is(_) => return empty(findings, rule, &at),
        Shape::Absent | Shape::Null => return blank(findings, rule, &at),
        Shape::Other => return,
    };
    for value in values {
        let at = At { member: Some("values"), token: Some(value.raw), ..at.clone() };
        blanks(findings, rule, value, &at);
        if rule.kind == "SEMANTIC_VERSION" {
            version(findings, value, &at);
        }
        if rule.conditional == "REGEX" {
            dialect(findings, value, &at);
        }
    }
    if values.len() > 1 && RuleType::from_name(&rule.kind).is_some_and(RuleType::has_one_value) {
        findings.warn(
            &At { member: Some("values"), ..at.clone() },
            "boolean-rule",
            format!("only the first value of a {} rule counts", rule.kind),
            "keep one value",
        );
    }
    if rule.kind == "BOOLEAN" {
        boolean(findings, values, &at);
    }
    if rule.kind == "STRING" {
        names::check(findings, rule, &at);
    }
}

/// Returns true for a rule whose conditional never holds for its type.
pub(super) fn never_holds(rule: &RuleView<'_>) -> bool {
    let pair = RuleType::from_name(&rule.kind).zip(rule.relation());
    pair.is_some_and(|(kind, relation)| !kind.can_test(relation))
}

fn instead(kind: &str) -> &'static str {
    match kind {
        "BOOLEAN" => "use EQUALS or NOT_EQUALS",
        "IP_ADDRESS" => "use INCLUDES or EXCLUDES; a network such as 10.0.0.0/8 covers a range",
        _ => "use EQUALS, an ordering such as GREATER_EQUALS, or the type STRING",
    }
}

fn field(findings: &mut Findings<'_>, rule: &RuleView<'_>, at: &At<'_>) {
    if rule.field.trim() != rule.field {
        findings.warn(
            &At { member: Some(name::FIELD), ..at.clone() },
            "blanks",
            "the attribute's name has blanks around it, which contexts would have to write as well"
                .to_string(),
            "remove the blanks",
        );
    }
}

fn blanks(findings: &mut Findings<'_>, rule: &RuleView<'_>, value: &Value<'_>, at: &At<'_>) {
    let Token::Text(text) = &value.token else {
        return;
    };
    if rule.conditional != "REGEX" && text.trim() != text.as_ref() {
        findings.warn(
            at,
            "blanks",
            "blanks around the value are compared, too".to_string(),
            "remove the blanks",
        );
    }
}

fn blank(findings: &mut Findings<'_>, rule: &RuleView<'_>, at: &At<'_>) {
    let clock =
        rule.field.eq_ignore_ascii_case("now") && matches!(rule.kind.as_ref(), "DATE" | "DATETIME");
    let message = if rule.conditional != "EQUALS" {
        format!("without values {} never holds, so the strategy never matches", rule.conditional)
    } else if clock {
        "without values a rule on the clock never holds, so the strategy never matches".to_string()
    } else {
        return;
    };
    findings.warn(
        &At { member: Some("values"), ..at.clone() },
        "blank-rule",
        message,
        "add values to the rule, or remove the rule",
    );
}

fn empty(findings: &mut Findings<'_>, rule: &RuleView<'_>, at: &At<'_>) {
    let conditional = Conditional::from_name(&rule.conditional);
    let negative = conditional.is_some_and(Conditional::is_negative);
    let message = if negative && rule.kind != "BOOLEAN" {
        format!(
            "the list of values is empty, so the rule holds for every context with {}",
            rule.field
        )
    } else {
        "the list of values is empty, so the rule never holds".to_string()
    };
    findings.warn(
        &At { member: Some("values"), ..at.clone() },
        "blank-rule",
        message,
        "add values to the rule, or remove the rule",
    );
}

/// Warns about parts of a pattern that Java and JavaScript read differently.
fn dialect(findings: &mut Findings<'_>, value: &Value<'_>, at: &At<'_>) {
    let Token::Text(pattern) = &value.token else {
        return;
    };
    for divergence in divergences(pattern) {
        findings.warn(at, "regex-dialect", divergence.to_string(), divergence.instead());
    }
    if let Some(longest) = short_texts(pattern, Extent::Search) {
        let message = format!(
            "the rule fails for texts of more than {longest} bytes, since the pattern is large"
        );
        findings.warn(at, "regex-limit", message, "split the pattern into several values");
    }
}

fn version(findings: &mut Findings<'_>, value: &Value<'_>, at: &At<'_>) {
    let Some(text) = value.text() else { return };
    if let Err(error) = semver::Version::parse(&text) {
        findings.warn(
            at,
            "version",
            format!("the value is not a version by semver.org ({error}), and FeatureHub refuses to save it"),
            completed(&text),
        );
    }
}

/// Returns advice that names the complete version that is probably meant, or the form of a version if none can be guessed.
fn completed(text: &str) -> Cow<'static, str> {
    let bare = text.trim().trim_start_matches(['v', 'V']);
    let candidates = [bare.to_string(), format!("{bare}.0"), format!("{bare}.0.0")];
    let found = candidates.into_iter().find(|candidate| semver::Version::parse(candidate).is_ok());
    match found {
        Some(version) => Cow::Owned(format!("write {version}")),
        None => Cow::Borrowed("write MAJOR.MINOR.PATCH, such as 4.2.0"),
    }
}

fn boolean(findings: &mut Findings<'_>, values: &[Value<'_>], at: &At<'_>) {
    let at = At { member: Some("values"), ..at.clone() };
    let first = values.iter().find(|value| value.token != Token::Null);
    let Some(first) = first.filter(|first| !matches!(first.token, Token::Bool(_))) else {
        return;
    };
    let read = first.text().is_some_and(|text| text == "true");
    findings.warn(
        &At { token: Some(first.raw), ..at },
        "boolean-rule",
        format!("the value of the rule is not a boolean, and is read as {read}"),
        format!("write {read} or {} without quotes", !read),
    );
}

#[cfg(test)]
mod tests {
    use super::completed;

    #[test]
    fn versions_are_completed() {
        assert_eq!(completed("4.2"), "write 4.2.0");
        assert_eq!(completed("v3"), "write 3.0.0");
        assert_eq!(completed("newest"), "write MAJOR.MINOR.PATCH, such as 4.2.0");
    }
}
