//! Functions that format text, values and numbers for a terminal.

use std::borrow::Cow;

pub(crate) use fh_edge::internal::millionths;
use fh_eval::Kind;
use fh_eval::internal::Token;
use serde_json::value::RawValue;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Escapes control characters, the Unicode separators of lines and paragraphs, and the marks, embeddings, overrides and
/// isolates that change the direction of writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), so that a terminal
/// shows them as text.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let spelled = text.chars().flat_map(|c| {
        let escaped = obeyed(c).then(|| c.escape_unicode());
        let plain = escaped.is_none().then_some(c);
        escaped.into_iter().flatten().chain(plain)
    });
    Cow::Owned(spelled.collect())
}

/// Returns the display form of a feature's value. A text of a JSON, NUMBER or BOOLEAN feature is shown without quotes and
/// escapes, unless it is blank. In a text of a JSON feature, each run of white space becomes one blank. Other tokens are shown
/// as they are. `None` is shown as `null`.
pub(crate) fn value(kind: Option<Kind>, token: Option<&str>) -> String {
    let Some(token) = token else {
        return "null".to_string();
    };
    let text = serde_json::from_str::<&RawValue>(token).ok().and_then(|raw| match Token::of(raw) {
        Token::Text(text) => Some(text.into_owned()),
        _ => None,
    });
    match (kind, text) {
        (Some(Kind::Json), Some(text)) if !text.trim().is_empty() => {
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        (Some(Kind::Number | Kind::Boolean), Some(text)) if !text.trim().is_empty() => text,
        _ => token.to_string(),
    }
}

/// Formats a fraction of one as a percentage with two decimals.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// Formats a count with thousands separators: `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Formats a count with its noun: `1 feature`, `3 features`.
pub(crate) fn plural(number: usize, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", count(number as u64))
}

/// Returns the number of terminal columns that a text occupies.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to a number of columns, at least 1. A cut text ends with `…`.
pub(crate) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(visible("a\u{1b}[31mb\n"), "a\\u{1b}[31mb\\u{a}");
        assert!(matches!(visible("kākāpō 🐢"), Cow::Borrowed(_)));
    }

    #[test]
    fn values_read_as_what_they_are() {
        assert_eq!(value(Some(Kind::Number), Some("\"7.50\"")), "7.50");
        assert_eq!(value(Some(Kind::String), Some("\"\"")), "\"\"");
        assert_eq!(value(Some(Kind::Json), Some(r#""{\"a\":\n 1}""#)), r#"{"a": 1}"#);
        assert_eq!(value(None, None), "null");
    }

    #[test]
    fn figures() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(percent(0.123_45), "12.35 %");
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("利用者の旗", 6), "利用…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
    }
}
