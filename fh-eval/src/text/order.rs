//! The order of texts by UTF-16 code units, computed on UTF-8 without conversion.

use std::cmp::Ordering;

/// Compares two texts by their UTF-16 code units.
///
/// This is the order of code points with one exception: characters above U+FFFF come before U+E000–U+FFFF, because
/// their first unit is a surrogate (D800–DBFF).
pub(crate) fn utf16(left: &str, right: &str) -> Ordering {
    utf16_bytes(left.bytes(), right.bytes())
}

/// Compares two texts, given as UTF-8 bytes, by their UTF-16 code units.
pub(crate) fn utf16_bytes(
    mut left: impl Iterator<Item = u8>,
    mut right: impl Iterator<Item = u8>,
) -> Ordering {
    loop {
        let (a, b) = match (left.next(), right.next()) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
        };
        if a != b {
            // The first differing byte decides the order of the characters, with one exception. A 4-byte character
            // (first byte F0..=F4) sorts before one of U+E000..=U+FFFF (first byte EE or EF), because UTF-16 writes it
            // with surrogates.
            let supplementary = |byte: u8| byte >= 0xF0;
            let above_surrogates = |byte: u8| byte == 0xEE || byte == 0xEF;
            return if supplementary(a) && above_surrogates(b) {
                Ordering::Less
            } else if above_surrogates(a) && supplementary(b) {
                Ordering::Greater
            } else {
                a.cmp(&b)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_are_compared_as_texts() {
        assert_eq!(utf16("9", "10"), Ordering::Greater);
    }

    proptest! {
        #[test]
        fn equals_comparing_code_units(left in "[a\u{7f}\u{e9}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{1F600}]{0,6}",
                                       right in "[a\u{7f}\u{e9}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{1F600}]{0,6}") {
            let units: Ordering = left.encode_utf16().cmp(right.encode_utf16());
            prop_assert_eq!(utf16(&left, &right), units);
        }
    }
}
