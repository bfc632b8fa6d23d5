//! The text format of baggage: its items and their encoding.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::percent::{encode, is_unreserved};

/// The name of the baggage entry that carries the values of features.
pub const NAME: &str = "fhub";

/// Maximum size in bytes of all baggage of a request (W3C Baggage, 3.3.2). Receivers may drop larger baggage altogether, so values that are
/// added and do not fit are left out.
pub const MOST_BYTES: usize = 8192;

/// An item of a baggage entry: its decoded key, and its value, which is still encoded. A value of `None` means null.
pub(super) type Item<'a> = (Cow<'a, str>, Option<&'a str>);

/// Returns the items of a baggage entry's value. Parts without a key are skipped.
pub(super) fn items(text: &str) -> impl Iterator<Item = Item<'_>> {
    pieces(text).filter_map(item)
}

/// Returns the parts of a baggage entry's value between the commas.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
}

/// Parses one part of a baggage entry's value. Returns `None` if the part has no key.
pub(super) fn item(piece: &str) -> Option<Item<'_>> {
    let (key, value) = match piece.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (piece, None),
    };
    (!key.is_empty()).then(|| (decoded(key, Plus::IsItself), value))
}

/// Percent-decodes the value of an item. A `+` becomes a space.
pub(super) fn value(encoded: &str) -> Cow<'_, str> {
    decoded(encoded, Plus::IsSpace)
}

/// Appends an item to `out`, with its key and value percent-encoded. If the value is `None`, only the key is appended.
pub(super) fn write(out: &mut String, key: &str, value: Option<&str>) {
    encode(out, key, |byte| !(byte.is_ascii_control() || b" \",;=%\\".contains(&byte)));
    if let Some(value) = value {
        out.push('=');
        encode(out, value, is_unreserved);
    }
}

/// Returns the maximum length in bytes of a text after the carrier of the baggage has percent-encoded the text once
/// more. Some carriers encode fewer characters.
pub(super) fn carried(text: &str) -> usize {
    text.bytes().map(|byte| if is_unreserved(byte) { 1 } else { 3 }).sum()
}

/// Compares feature keys by UTF-16 code units, because published SDKs sort in this order.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// The meaning of the character `+` in an encoded text.
#[derive(Clone, Copy, PartialEq)]
enum Plus {
    IsSpace,
    IsItself,
}

/// Percent-decodes a text. Invalid escapes stay unchanged, and invalid UTF-8 becomes U+FFFD.
fn decoded(text: &str, plus: Plus) -> Cow<'_, str> {
    if !text.contains('%') && (plus == Plus::IsItself || !text.contains('+')) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let (byte, left) = match (first, others) {
            (b'%', [high, low, left @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, left),
                _ => (b'%', others),
            },
            (b'+', _) if plus == Plus::IsSpace => (b' ', others),
            _ => (*first, others),
        };
        bytes.push(byte);
        rest = left;
    }
    Cow::Owned(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
