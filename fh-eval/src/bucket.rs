//! The computation of percentage buckets with MurmurHash3 x86 32-bit. The hasher reads the parts of a text without
//! joining them.

/// Number of buckets, which are numbered from 0. A percentage of `BUCKETS` is 100 %.
pub const BUCKETS: u32 = 1_000_000;

const C1: u32 = 0xCC9E_2D51;
const C2: u32 = 0x1B87_3593;

/// The encoding that turns a text into the bytes that are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// The text's UTF-8 bytes, hashed with standard MurmurHash3.
    Utf8,
    /// The encoding of FeatureHub's server. It differs from [`Encoding::Utf8`] only for text with characters above
    /// U+FFFF.
    Server,
    /// The text's UTF-8 bytes, hashed with MD5 (FeatBit).
    #[cfg(feature = "featbit")]
    Md5,
    /// The text's UTF-8 bytes, hashed with standard MurmurHash3, with the id before the key. Buckets are basis points (FeatureSignals).
    #[cfg(feature = "featuresignals")]
    BasisPoints,
}

/// Number of buckets of [`Encoding::BasisPoints`].
#[cfg(feature = "featuresignals")]
pub(crate) const BASIS_POINTS: u32 = 10_000;

/// A MurmurHash3 x86 32-bit hasher with seed 0, which accepts its input in parts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Murmur3 {
    hash: u32,
    /// The last bytes of the input, which do not fill a block of four bytes yet. The first of these bytes is in the
    /// lowest bits.
    tail: u32,
    /// Number of bits of `tail` in use: 0, 8, 16 or 24.
    tail_bits: u32,
    length: u32,
}

#[inline]
pub(crate) fn scramble(block: u32) -> u32 {
    block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}

#[inline]
pub(crate) fn mix(hash: u32, block: u32) -> u32 {
    (hash ^ scramble(block)).rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64)
}

impl Murmur3 {
    /// Creates a hasher without input.
    pub(crate) const fn new() -> Self {
        Self::after(0, 0)
    }

    /// Creates a hasher that has read `length` bytes, of which none is left in a block that is not full.
    pub(crate) const fn after(hash: u32, length: u32) -> Self {
        Self { hash, tail: 0, tail_bits: 0, length }
    }

    /// Appends bytes to the input that is hashed.
    #[inline]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.length = self.length.wrapping_add(bytes.len() as u32);
        let (words, rest) = bytes.as_chunks::<4>();
        let (mut hash, mut tail, bits) = (self.hash, self.tail, self.tail_bits);
        if bits == 0 {
            for word in words {
                hash = mix(hash, u32::from_le_bytes(*word));
            }
        } else {
            for word in words {
                let word = u32::from_le_bytes(*word);
                hash = mix(hash, tail | (word << bits));
                tail = word >> (32 - bits);
            }
        }
        let mut bits = bits;
        for byte in rest {
            tail |= u32::from(*byte) << bits;
            bits += 8;
            if bits == 32 {
                hash = mix(hash, tail);
                (tail, bits) = (0, 0);
            }
        }
        (self.hash, self.tail, self.tail_bits) = (hash, tail, bits);
    }

    /// Returns the hash of the input so far.
    #[inline]
    pub(crate) const fn finish(&self) -> u32 {
        let mut hash = self.hash;
        if self.tail_bits > 0 {
            hash ^= self.tail.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
        }
        hash ^= self.length;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
        hash ^ (hash >> 16)
    }
}

/// Scales a hash to a bucket: `floor(hash × 1,000,000 / 2³²)`, exactly.
#[inline]
pub(crate) const fn scale(hash: u32) -> u32 {
    ((hash as u64 * BUCKETS as u64) >> 32) as u32
}

/// Returns the bucket, 0 to 999,999, of the text that consists of `parts`.
#[inline]
pub(crate) fn bucket_of<'a>(
    parts: impl Iterator<Item = &'a str> + Clone,
    encoding: Encoding,
) -> u32 {
    // A byte of F0 or above begins a character above U+FFFF. The encodings differ only for such characters.
    if encoding == Encoding::Server
        && parts.clone().any(|part| part.bytes().any(|byte| byte >= 0xF0))
    {
        return scale(Murmur3::of_server(parts.flat_map(str::chars)));
    }
    let mut hash = Murmur3::new();
    for part in parts {
        hash.write(part.as_bytes());
    }
    scale(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crate_hash(bytes: &[u8]) -> u32 {
        murmur3::murmur3_32(&mut std::io::Cursor::new(bytes), 0).unwrap()
    }

    const FEATURE: &str = "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0";

    #[test]
    fn known_answers() {
        for (key, id, bucket_expected, server) in [
            ("fred", "abcde", 212_628, 212_628),
            ("zappo-food", "172765e02-2-1-1-2-2-1", 931_882, 931_882),
            ("1111111111", "", 277_733, 277_733),
            ("4444444444", "", 471_561, 471_561),
            ("visitor-1", FEATURE, 419_953, 419_953),
            ("mara@harbour.example", FEATURE, 597_798, 597_798),
            ("mara@harbour.example", "e0a4c9b2-13d5-4f6e-8a77-90b1c2d3e4f5", 413_416, 413_416),
            ("harbour-co$north", FEATURE, 56_347, 56_347),
            ("<none>", FEATURE, 261_586, 261_586),
            ("zoë", FEATURE, 355_268, 355_268),
            ("利用者7", FEATURE, 269_290, 269_290),
            ("🚲", FEATURE, 236_661, 202_939),
            ("zoë-🚲", FEATURE, 292_567, 47_084),
            ("x🚲🚲y", FEATURE, 92_258, 583_689),
        ] {
            assert_eq!(bucket_of([key, id].into_iter(), Encoding::Utf8), bucket_expected, "{key}");
            assert_eq!(
                bucket_of([key, id].into_iter(), Encoding::Server),
                server,
                "{key} on the server"
            );
        }
        for (text, server) in [
            ("😀", 955_494),
            ("a😀", 506_785),
            ("ab😀", 346_416),
            ("abc😀", 498_431),
            ("abcd😀", 917_369),
            ("żółw-🐢", 246_124),
            ("🐢🐢", 117_870),
        ] {
            assert_eq!(bucket_of([text].into_iter(), Encoding::Server), server, "{text}");
        }
        for (bytes, hash) in [("", 0_u32), ("test", 0xba6b_d213), ("\0\0\0\0", 0x2362_f9de)] {
            let mut murmur = Murmur3::new();
            murmur.write(bytes.as_bytes());
            assert_eq!(murmur.finish(), hash);
        }
    }

    proptest! {
        #[test]
        fn hashing_parts_equals_hashing_the_whole(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..6)) {
            let mut hash = Murmur3::new();
            for part in &parts {
                hash.write(part);
            }
            prop_assert_eq!(hash.finish(), crate_hash(&parts.concat()));
        }

        #[test]
        fn scaling_equals_the_floating_floor(hash in any::<u32>()) {
            let double = (f64::from(hash) / 4_294_967_296.0 * 1_000_000.0).floor();
            prop_assert_eq!(f64::from(scale(hash)), double);
        }
    }
}
