//! The escapes in the texts of JSON. A further reader of serde_json, for single texts, would add its code to each WebAssembly module.

use std::borrow::Cow;

/// Unescapes a JSON string token, given with its quotes. A lone surrogate becomes U+FFFD. The contents of a token that is not
/// JSON are returned as they are.
pub(super) fn unescape(token: &str) -> Cow<'_, str> {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains('\\') {
        unescaped(inner).map_or(Cow::Borrowed(inner), Cow::Owned)
    } else {
        Cow::Borrowed(inner)
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut escape = escape.chars();
        let c = match escape.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (c, after) = code_point(escape.as_str())?;
                escape = after.chars();
                c
            }
            c @ ('"' | '\\' | '/') => c,
            _ => return None,
        };
        out.push(c);
        rest = escape.as_str();
    }
    out.push_str(rest);
    Some(out)
}

/// Reads the digits after `\u`, and the next escape, too, if the two are a pair of surrogates. Returns the character and the
/// text after it.
fn code_point(text: &str) -> Option<(char, &str)> {
    let (first, rest) = unit(text)?;
    if let 0xD800..=0xDBFF = first
        && let Some((second @ 0xDC00..=0xDFFF, rest)) = rest.strip_prefix("\\u").and_then(unit)
    {
        let code_point = 0x1_0000 + ((first & 0x3FF) << 10) + (second & 0x3FF);
        return Some((char::from_u32(code_point)?, rest));
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), rest))
}

/// Reads four hexadecimal digits. Returns their number and the text after them.
fn unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::mend;

    #[test]
    fn lone_surrogates_are_mended() {
        assert!(matches!(mend(r#"{"a":"b\\ud800"}"#), Cow::Borrowed(_)));
        assert!(matches!(mend(r#""\ud83d\udc22""#), Cow::Borrowed(_)));
        for (json, text) in [
            (r#""\ud800""#, "\u{fffd}"),
            (r#""a\uDC22b""#, "a\u{fffd}b"),
            (r#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10ffff}"),
            (r#""\ud83d\ud83d\udc22""#, "\u{fffd}🐢"),
            (r#""\\\ud800\n""#, "\\\u{fffd}\n"),
            (r#""\ud800\u""#, "\\ud800\\u"),
        ] {
            assert_eq!(unescape(json), text, "{json}");
        }
    }

    proptest! {
        #[test]
        fn texts_are_unescaped_as_by_serde_json(
            inner in r#"(a|é|🐢|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\\ud83d|\\uDC22){0,8}"#,
        ) {
            let token = format!("\"{inner}\"");
            let expected: String = serde_json::from_str(&mend(&token)).unwrap();
            prop_assert_eq!(unescape(&token), expected);
        }
    }
}
