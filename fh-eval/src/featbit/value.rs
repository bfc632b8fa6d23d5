//! The values of variations, which are texts. A read of another type converts the text.

use crate::tables::{ValueAt, Writer};
use crate::value::{Number, Value};

/// Stores a value: its text, its number and its JSON in three rows. A row without a conversion has an empty text. The texts `true` and
/// `false` are constants.
pub(super) fn store(writer: &mut Writer, text: &str) -> ValueAt {
    match text {
        "true" => return ValueAt::TRUE,
        "false" => return ValueAt::FALSE,
        _ => {}
    }
    let at = writer.value(Value::Text(text.into()));
    let none = || Value::Text("".into());
    writer.value(number(text).map_or_else(none, Value::Number));
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    writer.value(if is_json { Value::Json(text.into()) } else { none() });
    at
}

/// Reads a finite double as Rust does: with a sign, and with digits on at least one side of a point.
fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let is_plain =
        unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    if !is_plain || !text.parse::<f64>().is_ok_and(f64::is_finite) {
        return None;
    }
    // The grammar of decimal numbers wants digits on both sides of a point.
    Number::parse(unsigned).or_else(|| {
        let (sign, rest) = unsigned.strip_prefix('-').map_or(("", unsigned), |rest| ("-", rest));
        let (mantissa, exponent) =
            rest.split_at_checked(rest.find(['e', 'E']).unwrap_or(rest.len()))?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits =
            |digits: &str| if digits.is_empty() { "0".to_string() } else { digits.to_string() };
        Number::parse(&format!("{sign}{}.{}{exponent}", digits(whole), digits(fraction)))
    })
}
