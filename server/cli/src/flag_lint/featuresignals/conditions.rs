//! Checks of conditions.

use fh_eval::internal::text::pattern::{Extent, short_texts};

use crate::flag_lint::findings::{At, Findings};
use crate::flag_lint::node::Node;

/// Returns the places of the conditions of a rule or a segment.
pub(super) fn places<'a>(of: &At<'a>, conditions: Vec<Node<'a>>) -> Vec<At<'a>> {
    let conditions = (0..).zip(conditions);
    conditions
        .map(|(position, node)| of.condition(position, node.text("attribute"), node))
        .collect()
}

/// Checks a condition of a rule or a segment.
pub(super) fn check(findings: &mut Findings, condition: &At<'_>) {
    let operator = condition.node.text("operator").unwrap_or_default();
    let Some(values) = condition.node.texts_or_none("values") else { return };
    let at = &condition.member("values");
    let first = values.first().map(|value| &**value);
    match (&*operator, first) {
        ("exists", None | Some("true" | "false")) => {}
        ("exists", Some(value)) => {
            return findings.warn(
                at,
                "ignored-values",
                format!("exists reads only the value \"false\", so that {value:?} means that the attribute exists"),
                "write \"false\" for contexts without the attribute, or no value",
            );
        }
        ("notIn", _) => {}
        (
            "eq" | "neq" | "contains" | "startsWith" | "endsWith" | "gt" | "gte" | "lt" | "lte"
            | "regex" | "in",
            None,
        ) => {
            return findings.warn(
                at,
                "never-holds",
                "the condition has no values, so that it never holds",
                "write a value, such as [\"pro\"]",
            );
        }
        _ => {}
    }
    if operator == "regex"
        && let Some(longest) = first.and_then(|pattern| short_texts(pattern, Extent::Re2))
    {
        let message = format!(
            "a text of more than {longest} bytes can be too much work for this pattern, and the condition then does not hold"
        );
        findings.warn(
            at,
            "regex-limit",
            message,
            "use contains or in where possible, or several conditions",
        );
    }
    let reads_all = matches!(&*operator, "in" | "notIn");
    if values.len() > 1 && !reads_all {
        let advice = match &*operator {
            "eq" => "use in, which reads all values",
            "neq" => "use notIn, which reads all values",
            "exists" => "remove the other values",
            _ => "give each value a condition of its own, and the rule the match type any",
        };
        let message =
            format!("{operator} reads only its first value, {:?}", first.unwrap_or_default());
        findings.warn(at, "ignored-values", message, advice);
    }
    // The key of a context is a text.
    if condition.place.field.as_deref() == Some("key") {
        return;
    }
    let compared = match &*operator {
        "eq" | "neq" => values.get(..1),
        "in" | "notIn" => Some(&values[..]),
        _ => None,
    };
    let is_only = values.len() == 1;
    let why = compared.into_iter().flatten().find_map(|value| of_other_type(value, is_only));
    if let Some((message, advice)) = why {
        findings.warn(at, "attribute-text", message, advice);
    }
}

/// Returns why a value differs from the text of attributes that look like it, and advice.
fn of_other_type(value: &str, is_only: bool) -> Option<(String, String)> {
    if let Some(text) = text_of_integer(value) {
        let message = format!(
            "a number {value} has the text {text}, so that only an attribute that is the text \"{value}\" equals the value"
        );
        return Some((message, format!("send the attribute as a text, or write {text}")));
    }
    let lower = value.to_ascii_lowercase();
    if matches!(&*lower, "true" | "false") && lower != value {
        let message = format!("a boolean has the text {lower}, which does not equal {value:?}");
        return Some((message, format!("write {lower}, unless the attribute is a text")));
    }
    if value.starts_with('[') && value.contains(['"', ',']) && value.ends_with(']') {
        let message = format!("a list has a text such as [a b], which does not equal {value:?}");
        return Some((
            message,
            "write the elements with one blank between them, or use contains".into(),
        ));
    }
    let mut parts = value.split(',');
    let is_list = is_only && value.contains(',');
    if is_list && parts.all(|part| !part.is_empty() && !part.contains(char::is_whitespace)) {
        let message = format!("the value {value:?} is one text, and no list of texts");
        return Some((message, "use in, and write each text as a value of its own".into()));
    }
    None
}

/// Returns the text of a number that the server writes with an exponent; `None` for any other value.
fn text_of_integer(value: &str) -> Option<String> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_integer = digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_integer || digits.len() < 7 || digits.starts_with('0') {
        return None;
    }
    let number = value.parse::<f64>().ok().filter(|number| number.is_finite())?;
    let text = format!("{number:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    Some(format!("{mantissa}e+{exponent:0>2}"))
}
