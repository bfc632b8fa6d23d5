//! Converts values of requests to the type of a feature.

use fh_eval::{Kind, Number};
use fh_files::{Limits, Node};
use serde::de::IgnoredAny;

use super::refusal::Refusal;
use crate::state::Json;

/// Converts a value to the type of a feature. `None` and null give `None`, except for a BOOLEAN, which cannot be null. The error is the
/// reason why the value does not fit the type.
pub(super) fn convert(kind: Kind, value: Option<&Json>) -> Result<Option<Json>, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return if kind == Kind::Boolean { Err(Refusal::BooleanNull) } else { Ok(None) };
    };
    // The text of a string is its content; the text of any other value is its JSON.
    let text = value.as_text().unwrap_or_else(|| value.as_str().to_string());
    match kind {
        Kind::Boolean if text.eq_ignore_ascii_case("true") => Ok(Some(Json::boolean(true))),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => Ok(Some(Json::boolean(false))),
        Kind::Boolean => Err(Refusal::NotABoolean),
        Kind::Number => json_number(&text).map(Some).ok_or(Refusal::NotANumber),
        Kind::Json => {
            let text = match value.as_text() {
                Some(text) => text,
                None => literal(value).ok_or(Refusal::InvalidJson)?,
            };
            // An empty text unsets the feature (D-106).
            if text.is_empty() || is_one_document(&text) {
                Ok(Some(Json::text(&text)))
            } else {
                Err(Refusal::InvalidJson)
            }
        }
        _ => Ok(Some(Json::text(&text))),
    }
}

/// Returns the text of a JSON literal with a space after each comma, as Java's `toString` writes it on a FeatureHub server. Returns `None`
/// for literals with strings or members, because Java's text for them is not JSON.
fn literal(value: &Json) -> Option<String> {
    let text = value.as_str();
    (!text.contains('"')).then(|| text.replace(',', ", "))
}

/// Returns true if the two values of a feature are equal. Numbers are compared by value, and values of all other types by their text.
pub(super) fn same(kind: Kind, one: Option<&Json>, other: Option<&Json>) -> bool {
    let text = |json: &Json| json.as_text().unwrap_or_else(|| json.as_str().to_string());
    match (one, other) {
        (Some(one), Some(other)) if kind == Kind::Number => {
            match (Number::parse(&text(one)), Number::parse(&text(other))) {
                (Some(one), Some(other)) => one == other,
                _ => one == other,
            }
        }
        (Some(one), Some(other)) => text(one) == text(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Converts a decimal literal to an equal JSON number. Forms that JSON does not allow (`+5`, `.5`, `007`, `1.`) are rewritten exactly.
/// Returns `None` if the text is no number, or if its value as a double is infinite.
fn json_number(text: &str) -> Option<Json> {
    Number::parse(text)?;
    if let Ok(json) = Json::parse(text) {
        return json.is_finite_number().then_some(json);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    let json = Json::parse(&format!("{sign}{whole}{point}{fraction}{exponent}")).ok()?;
    json.is_finite_number().then_some(json)
}

/// Returns true if the text is one JSON document of at most 128 levels in which no object has a key twice. Numbers may have any size.
pub(super) fn is_one_document(text: &str) -> bool {
    const LIMITS: Limits = Limits { depth: 128, weight: usize::MAX, values: usize::MAX };
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let is_collection = text.trim_ascii_start().starts_with(['{', '[']);
    // JSON without objects and lists has neither keys nor levels, so the limits are not checked.
    is_json && (!is_collection || Node::parse(text, &LIMITS).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    #[test]
    fn sameness() {
        let same_number = |one, other| same(Kind::Number, Some(&json(one)), Some(&json(other)));
        assert!(same_number("1", "1.0") && same_number("100", "1e2") && same_number("\"5\"", "5"));
        assert!(!same_number("9007199254740993", "9007199254740992"));
        assert!(same(Kind::String, Some(&json("\"a\"")), Some(&json(r#""\u0061""#))));
        assert!(same(Kind::Json, None, None) && !same(Kind::Json, None, Some(&json("\"\""))));
    }
}
