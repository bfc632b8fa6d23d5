//! The hash of FeatureHub's server, which differs from the standard one for characters above U+FFFF.

use crate::bucket::{Murmur3, mix, scramble};

impl Murmur3 {
    /// Returns the hash that FeatureHub's server computes over UTF-16 text. The leading groups of four
    /// ASCII characters are hashed as in the standard hash. From the first other group on, characters are collected in a
    /// 64-bit accumulator, and the server fails to advance its offset for characters of four bytes.
    pub(crate) fn of_server(chars: impl Iterator<Item = char> + Clone) -> u32 {
        let mut hash = 0;
        let mut length = 0_u32;
        // The leading groups of four ASCII characters are hashed as in the standard hash.
        let mut rest = chars;
        loop {
            let mut ahead = rest.clone();
            let mut block = 0_u32;
            let mut ascii = 0;
            while ascii < 4 {
                match ahead.next() {
                    Some(c) if c.is_ascii() => block |= (c as u32) << (8 * ascii),
                    _ => break,
                }
                ascii += 1;
            }
            if ascii < 4 {
                break;
            }
            hash = mix(hash, block);
            length = length.wrapping_add(4);
            rest = ahead;
        }
        let mut buffer = 0_u64;
        let mut shift = 0_u32;
        for c in rest {
            let mut utf8 = [0; 4];
            let bytes = c.encode_utf8(&mut utf8).as_bytes();
            let word = bytes.iter().rev().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
            buffer |= word << shift;
            if bytes.len() < 4 {
                shift += 8 * bytes.len() as u32;
            }
            length = length.wrapping_add(bytes.len() as u32);
            if shift >= 32 {
                hash = mix(hash, buffer as u32);
                buffer >>= 32;
                shift -= 32;
            }
        }
        Self::after(hash ^ scramble(buffer as u32), length).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_server_hashes_the_basic_plane_normally(text in "[a-z\u{0}-\u{d7ff}\u{e000}-\u{ffff}]{0,12}") {
            let standard = murmur3::murmur3_32(&mut std::io::Cursor::new(text.as_bytes()), 0).unwrap();
            prop_assert_eq!(Murmur3::of_server(text.chars()), standard);
        }
    }
}
