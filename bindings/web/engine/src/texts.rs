//! Several texts in one text, because each crossing between JavaScript and WebAssembly costs more than the bytes.
//!
//! U+0000 ends each text but the last. In a text, U+0001 followed by `0` stands for U+0000, and U+0001 followed by `1` for
//! U+0001. No text at all is the same as one empty text, so the two sides know the number of texts from elsewhere, or never send an
//! empty list.

#[cfg(any(test, feature = "full"))]
use std::borrow::Cow;

/// The character between two texts.
pub(crate) const END: char = '\0';
/// The character that begins an escape.
const ESCAPE: char = '\u{1}';

/// Joins texts into one.
pub(crate) fn join<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for (position, text) in texts.enumerate() {
        if position > 0 {
            joined.push(END);
        }
        let mut rest = text;
        while let Some(at) = rest.find([END, ESCAPE]) {
            let (before, from) = rest.split_at(at);
            joined.push_str(before);
            joined.push(ESCAPE);
            joined.push(if from.starts_with(END) { '0' } else { '1' });
            rest = from.get(1..).unwrap_or_default();
        }
        joined.push_str(rest);
    }
    joined
}

/// Splits a text that was joined.
#[cfg(any(test, feature = "full"))]
pub(crate) fn split(joined: &str) -> impl Iterator<Item = Cow<'_, str>> {
    joined
        .split(END)
        .map(|text| if text.contains(ESCAPE) { unescaped(text).into() } else { text.into() })
}

#[cfg(any(test, feature = "full"))]
fn unescaped(text: &str) -> String {
    let mut parts = text.split(ESCAPE);
    let mut unescaped = parts.next().unwrap_or_default().to_string();
    for part in parts {
        unescaped.push(if part.starts_with('0') { END } else { ESCAPE });
        unescaped.push_str(part.get(1..).unwrap_or_default());
    }
    unescaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_as_they_were_joined() {
        for texts in [
            &["a"][..],
            &["", ""],
            &["a", "", "é🐢", ""],
            &["\0", "\u{1}", "\u{1}0", "\u{1}\u{1}1", "a\0b\u{1}c", "0", "1"],
        ] {
            let joined = join(texts.iter().copied());
            assert_eq!(joined.matches(END).count(), texts.len() - 1, "{joined:?}");
            assert_eq!(split(&joined).collect::<Vec<_>>(), texts, "{joined:?}");
        }
    }
}
