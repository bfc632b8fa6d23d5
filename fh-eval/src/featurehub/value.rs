//! The conversion of payload values to values of the feature's type.

use serde_json::value::RawValue;

use super::diagnostics::DiagnosticCollector;
use super::wire::{Raw, name};
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::json::{Token, mend};
use crate::tables::ValueAt;
use crate::value::{Kind, Number, Value};
use crate::writer::Writer;

/// Stores a value, converted to the feature's type if possible, and returns its location in the tables. Adds a
/// diagnostic for a list or an object, and for the value of a NUMBER feature that is not a number.
pub(super) fn store(
    writer: &mut Writer,
    diagnostics: &mut DiagnosticCollector,
    kind: Option<Kind>,
    raw: Raw<'_>,
) -> ValueAt {
    let Some(raw) = raw else { return ValueAt::NONE };
    let token = Token::of(raw);
    let nested = matches!(token, Token::List | Token::Object);
    if token == Token::Null {
        return ValueAt::NONE;
    }
    let mut note = |problem, assumed| {
        diagnostics.add_json(name::VALUE, Some(raw), problem, Consequence::Assumed(assumed));
    };
    if nested {
        note(
            DiagnosticKind::Expected("a text, a number or a boolean"),
            "the JSON text of the value",
        );
    }
    let text = match token {
        Token::Bool(value) if kind == Some(Kind::Boolean) => {
            return writer.value(Value::Bool(value));
        }
        _ if nested => mend(RawValue::get(raw)),
        token => token.text().unwrap_or_default(),
    };
    writer.value(match kind {
        Some(Kind::Boolean) => Value::Bool(!nested && text.eq_ignore_ascii_case("true")),
        Some(Kind::Number) => match Number::parse(&text) {
            Some(number) => Value::Number(number),
            None => {
                note(DiagnosticKind::NotA("a number"), "no number");
                Value::Text(text.as_ref().into())
            }
        },
        Some(Kind::Json) => Value::Json(text.as_ref().into()),
        Some(Kind::String) | None => Value::Text(text.as_ref().into()),
    })
}
