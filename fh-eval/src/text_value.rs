//! Values that are texts, such as those of FeatBit. A read of another type converts the text.

use std::sync::{Arc, LazyLock};

use crate::tables::{Tables, ValueAt};
use crate::value::{Kind, Number, Value};
use crate::writer::Writer;

/// The conversions of the constants.
static TRUE: LazyLock<[Value; 2]> =
    LazyLock::new(|| [Value::Text("true".into()), Value::Json("true".into())]);
static FALSE: LazyLock<[Value; 2]> =
    LazyLock::new(|| [Value::Text("false".into()), Value::Json("false".into())]);

/// Stores a value: its text, its number and its JSON in three rows. A row without a conversion has the text. The texts `true` and `false`
/// are constants.
pub(crate) fn store(writer: &mut Writer, text: &str) -> ValueAt {
    match text {
        "true" => return ValueAt::TRUE,
        "false" => return ValueAt::FALSE,
        _ => {}
    }
    let stored: Arc<str> = text.into();
    let at = writer.value(Value::Text(Arc::clone(&stored)));
    let number = number(text).map(Value::Number);
    writer.value(number.unwrap_or_else(|| Value::Text(Arc::clone(&stored))));
    writer.value(if is_json(text) { Value::Json(stored) } else { Value::Text(stored) });
    at
}

fn is_json(text: &str) -> bool {
    // The parser would allocate an error for each of the many texts that cannot be JSON.
    let first = text.trim_ascii_start().as_bytes().first();
    let may_be =
        matches!(first, Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'));
    may_be && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Returns a value as a read of this type converts it; `None` if the text has another form.
pub(crate) fn converted(tables: &Tables, at: ValueAt, kind: Kind) -> Option<&Value> {
    let constant: &'static [Value; 2] = match at {
        ValueAt::NONE => return None,
        ValueAt::TRUE => &TRUE,
        ValueAt::FALSE => &FALSE,
        _ => {
            return match (kind, tables.value(at)?) {
                (Kind::String, text) => Some(text),
                (Kind::Boolean, Value::Text(text)) => {
                    let constants = [(ValueAt::TRUE, "true"), (ValueAt::FALSE, "false")];
                    let named = constants.iter().find(|(_, name)| text.eq_ignore_ascii_case(name));
                    named.and_then(|(constant, _)| tables.value(*constant))
                }
                (Kind::Number, _) => {
                    tables.value(at.after(1)).filter(|value| matches!(value, Value::Number(_)))
                }
                (Kind::Json, _) => {
                    tables.value(at.after(2)).filter(|value| matches!(value, Value::Json(_)))
                }
                _ => None,
            };
        }
    };
    match (kind, constant) {
        (Kind::Boolean, _) => tables.value(at),
        (Kind::String, [text, _]) => Some(text),
        (Kind::Json, [_, json]) => Some(json),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_what_the_parser_reads() {
        for text in [
            "{}",
            "[1]",
            "\"a\"",
            "-1",
            "0",
            "7",
            "9e2",
            "true",
            "false",
            "null",
            " \t\r\n{}",
            "",
            " ",
            "x",
            "nul",
            "+1",
            "'a'",
            ".5",
            "{",
            "\u{c}{}",
        ] {
            let expected = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(is_json(text), expected, "{text:?}");
        }
    }
}
