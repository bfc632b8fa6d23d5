//! Checks of features: their keys and their values.

use fh_eval::Kind;
use fh_eval::internal::Token;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::finding::{At, Findings};
use super::view::{FeatureView, StrategyView};

/// Checks the values of a feature and of its strategies against its type, and its key for white space at the ends.
pub(super) fn check(findings: &mut Findings<'_>, view: &FeatureView<'_>) {
    value(findings, view, view.wire.value, view.at());
    for strategy in &view.strategies {
        match strategy.wire.value.filter(|value| Token::of(value) != Token::Null) {
            Some(raw) => value(findings, view, Some(raw), view.at_strategy(strategy)),
            None => no_value(findings, view, strategy),
        }
    }
    if view.key.trim() != view.key {
        let at = At { member: Some("key"), ..view.at() };
        let message =
            "the key has blanks around it, which programs would have to write as well".to_string();
        findings.warn(&at, "blanks", message, "remove the blanks");
    }
}

/// Warns about a strategy without a value. The value of the feature does not replace it.
fn no_value(findings: &mut Findings<'_>, view: &FeatureView<'_>, strategy: &StrategyView<'_>) {
    let token = strategy.wire.value.map(RawValue::get);
    let at = At { member: Some("value"), token, ..view.at_strategy(strategy) };
    let enabled =
        if view.kind == Some(Kind::Boolean) { ", and isEnabled is false for them" } else { "" };
    findings.warn(
        &at,
        "no-value",
        format!(
            "the strategy has no value, so contexts that match have no value instead of the default of the feature{enabled}"
        ),
        "give the strategy a value",
    );
}

fn value<'v>(
    findings: &mut Findings<'_>,
    view: &FeatureView<'_>,
    raw: Option<&'v RawValue>,
    at: At<'v>,
) {
    let (Some(kind), Some(raw)) = (view.kind, raw) else {
        return;
    };
    let at = At { member: Some("value"), token: Some(raw.get()), ..at };
    match (kind, Token::of(raw)) {
        (Kind::Boolean, Token::Text(text)) => {
            let as_read = text.eq_ignore_ascii_case("true");
            findings.warn(
                &at,
                "value-type",
                format!("the value of a BOOLEAN is text, which is read as {as_read}"),
                format!("write {as_read} without quotes"),
            );
        }
        (Kind::Number, Token::Text(text)) if fh_eval::Number::parse(&text).is_some() => {
            findings.warn(
                &at,
                "value-type",
                "the value of a NUMBER is text, for which some SDKs serve another value"
                    .to_string(),
                "write the number without quotes",
            );
        }
        // The engine has a diagnostic for any other text of a NUMBER.
        (Kind::Boolean, Token::Number(_)) | (Kind::Number, Token::Bool(_)) => {
            findings.warn(
                &at,
                "value-type",
                format!("the value does not have the type {kind} of the feature"),
                format!("write a value of the type {kind}"),
            );
        }
        (Kind::String, Token::Number(_) | Token::Bool(_)) => {
            findings.warn(
                &at,
                "value-type",
                "the value of a STRING is not text, so its JSON form is read as text".to_string(),
                "put the value in quotes",
            );
        }
        (Kind::Json, Token::Text(text)) => {
            if let Err(error) = serde_json::from_str::<IgnoredAny>(&text) {
                findings.warn(
                    &at,
                    "json-value",
                    format!("the value of a JSON feature is not valid JSON ({error})"),
                    "correct the value: every program that parses the value fails",
                );
            }
        }
        _ => {}
    }
}
