//! The values of scalars in YAML's core schema.

use saphyr_parser::{ScalarStyle, Tag};

use crate::node::Content;

/// Returns true for the tag `!`, which marks a node as an ordinary text, list or map.
pub(crate) fn is_plain(tag: &Tag) -> bool {
    let Tag { handle, suffix } = tag;
    (handle.is_empty() && suffix == "!") || (handle == "!" && suffix.is_empty())
}

/// Returns the error text for an unsupported tag.
pub(crate) fn unknown(tag: &Tag) -> String {
    let Tag { suffix, .. } = tag;
    match tag.is_yaml_core_schema() {
        true => format!("unknown tag !!{suffix}: remove it"),
        false => format!("unknown tag {tag}: remove it"),
    }
}

/// Returns the value of a scalar, or the error text if its tag is unknown or does not fit the scalar.
pub(crate) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Content, String> {
    let as_text = || Content::Text(text.into());
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { plain(text) } else { as_text() });
    };
    if is_plain(tag) {
        return Ok(as_text());
    }
    let meant = plain(text);
    let (content, fits) = match tag.suffix.as_str() {
        _ if !tag.is_yaml_core_schema() => return Err(unknown(tag)),
        "str" => (as_text(), true),
        "null" => (Content::Null, matches!(meant, Content::Null)),
        "bool" => {
            let fits = matches!(meant, Content::Bool(_));
            (meant, fits)
        }
        "int" => {
            let fits = matches!(&meant, Content::Number(digits)
                if digits.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()));
            (meant, fits)
        }
        "float" => {
            let fits = matches!(meant, Content::Number(_));
            (meant, fits)
        }
        _ => return Err(unknown(tag)),
    };
    if fits { Ok(content) } else { Err(format!("the value is not a valid {}", tag.suffix)) }
}

/// Returns the value that a scalar with this text has if it has neither quotes nor a tag.
fn plain(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ => number(text)
            .map_or_else(|| Content::Text(text.into()), |digits| Content::Number(digits.into())),
    }
}

/// Returns a number of the core schema as JSON writes it: without a leading `+` or leading zeros, and with digits on both sides of a point.
/// Hexadecimal (`0x`) and octal (`0o`) numbers of up to 128 bits become decimal; other numbers keep their remaining digits. Returns `None`
/// for any other text.
fn number(text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let (sign, unsigned) = match text.split_at_checked(1) {
        Some(("-", rest)) => ("-", rest),
        Some(("+", rest)) => ("", rest),
        _ => ("", text),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at_checked(at)?,
        None => (unsigned, ""),
    };
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !exponent.is_empty() {
        let digits = exponent.get(1..)?;
        let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        if digits.is_empty() || !is_digits(digits) {
            return None;
        }
    }
    if (whole.is_empty() && decimals.is_empty()) || !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let point = if decimals.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{decimals}{exponent}"))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn radix(digits: &str, radix: u32) -> Option<String> {
    if digits.starts_with('+') {
        return None;
    }
    u128::from_str_radix(digits, radix).ok().map(|number| number.to_string())
}
