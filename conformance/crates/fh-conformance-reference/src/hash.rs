//! The hash of a percentage key and its bucket.

use crate::answer::Options;
use crate::mutants::Bug;

/// Returns the bucket of a percentage key: 0 to 999,999. `hash_id` is hashed after the key; normally it is the feature's id. Of `options`
/// only the profile and the mutant matter.
#[must_use]
pub fn bucket(percentage_key: &str, hash_id: &str, options: &Options) -> u32 {
    to_bucket(draw(percentage_key, hash_id, options), options)
}

/// Returns the hash of a percentage key.
pub(crate) fn draw(percentage_key: &str, hash_id: &str, options: &Options) -> u32 {
    let text = if options.has(Bug::HashWithoutFeatureId) {
        percentage_key.to_owned()
    } else if options.has(Bug::HashIdBeforeKey) {
        format!("{hash_id}{percentage_key}")
    } else if options.has(Bug::HashWithSeparator) {
        format!("{percentage_key}:{hash_id}")
    } else {
        format!("{percentage_key}{hash_id}")
    };
    let seed =
        if options.has(Bug::HashOtherSeed) { (-1_532_782_654_i32).cast_unsigned() } else { 0 };
    if options.edge() || options.has(Bug::HashUtf16) {
        murmur3_of_utf16(&text, seed)
    } else {
        murmur3(text.as_bytes(), seed)
    }
}

/// Returns `floor(hash × 1,000,000 / 2^32)`.
pub(crate) fn to_bucket(hash: u32, options: &Options) -> u32 {
    if options.has(Bug::HashSigned) {
        // Half of all hashes become negative, and negative hashes get bucket 0.
        return ((i64::from(hash.cast_signed()) * 1_000_000) >> 32).max(0) as u32;
    }
    ((u64::from(hash) * 1_000_000) >> 32) as u32
}

/// Returns true if the bucket of this hash is within the limit.
pub(crate) fn within(hash: u32, limit: i64, options: &Options) -> bool {
    if options.has(Bug::PctNoFloor) {
        return f64::from(hash) / 2f64.powi(32) * 1e6 <= limit as f64;
    }
    let bucket = i64::from(to_bucket(hash, options));
    if options.has(Bug::PctExclusiveBoundary) { bucket < limit } else { bucket <= limit }
}

/// Returns the MurmurHash3 (x86, 32 bits) of the bytes.
fn murmur3(bytes: &[u8], seed: u32) -> u32 {
    let mut hash = seed;
    let mut blocks = bytes.chunks_exact(4);
    for block in blocks.by_ref() {
        hash = mix_block(hash, little_endian(block));
    }
    hash ^= scramble(little_endian(blocks.remainder()));
    finish(hash, bytes.len() as u32)
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

fn scramble(block: u32) -> u32 {
    block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

fn mix_block(hash: u32, block: u32) -> u32 {
    (hash ^ scramble(block)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

fn finish(mut hash: u32, length: u32) -> u32 {
    hash ^= length;
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

/// Returns the hash as the server computes it: the same as [`murmur3`] over UTF-8, except that a character of four bytes does not move the
/// write position, so that the next character is combined with it in the same bytes.
fn murmur3_of_utf16(text: &str, seed: u32) -> u32 {
    let characters: Vec<char> = text.chars().collect();
    let mut hash = seed;
    let mut length: u32 = 0;
    let mut rest = characters.as_slice();
    while let Some((block, behind)) = rest.split_at_checked(4) {
        if !block.iter().all(char::is_ascii) {
            break;
        }
        let bytes: Vec<u8> = block.iter().map(|c| *c as u8).collect();
        hash = mix_block(hash, little_endian(&bytes));
        length = length.wrapping_add(4);
        rest = behind;
    }
    let mut buffer: u64 = 0;
    let mut shift = 0;
    for character in rest {
        let mut room = [0; 4];
        let bytes = character.encode_utf8(&mut room).as_bytes();
        for (place, byte) in bytes.iter().enumerate() {
            buffer |= u64::from(*byte) << (shift + 8 * place);
        }
        length = length.wrapping_add(bytes.len() as u32);
        if bytes.len() < 4 {
            shift += 8 * bytes.len();
        }
        if shift >= 32 {
            hash = mix_block(hash, buffer as u32);
            buffer >>= 32;
            shift -= 32;
        }
    }
    hash ^= scramble(buffer as u32);
    finish(hash, length)
}

#[cfg(test)]
mod tests {
    use super::{bucket, draw, murmur3};
    use crate::{Mutant, Options, Profile};

    const F: &str = "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0";
    const G: &str = "9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11";

    fn client() -> Options {
        Options::new(Profile::Client, 0)
    }

    #[test]
    fn published_hashes() {
        for (text, seed, hash) in [
            (&b""[..], 0, 0),
            (b"", 1, 0x514e_28b7),
            (b"test", 0, 0xba6b_d213),
            (b"Hello, world!", 0x9747_b28c, 0x2488_4cba),
            (&[0; 4], 0, 0x2362_f9de),
        ] {
            assert_eq!(murmur3(text, seed), hash);
        }
    }

    /// Columns: key, id, bucket in profile `client`, bucket in profile `edge`, bucket with the seed of the Java SDK (which shares the
    /// UTF-16 handling of the Edge).
    #[test]
    fn buckets_of_three_implementations() {
        let java = Options {
            mutant: Mutant::named("mut-hash-other-seed"),
            ..Options::new(Profile::Edge, 0)
        };
        for (key, id, client_bucket, edge, java_sdk) in [
            ("fred", "abcde", 212_628, 212_628, 993_564),
            ("zappo-food", "172765e02-2-1-1-2-2-1", 931_882, 931_882, 274_676),
            ("visitor-1", F, 419_953, 419_953, 145_169),
            ("mara@harbour.example", F, 597_798, 597_798, 231_039),
            (
                "mara@harbour.example",
                "e0a4c9b2-13d5-4f6e-8a77-90b1c2d3e4f5",
                413_416,
                413_416,
                616_479,
            ),
            ("harbour-co$north", F, 56_347, 56_347, 496_458),
            ("<none>", F, 261_586, 261_586, 658_690),
            ("zoë", F, 355_268, 355_268, 346_508),
            ("利用者7", F, 269_290, 269_290, 144_760),
            ("🚲", F, 236_661, 202_939, 752_953),
            ("zoë-🚲", F, 292_567, 47_084, 738_985),
            ("x🚲🚲y", F, 92_258, 583_689, 877_931),
        ] {
            assert_eq!(bucket(key, id, &client()), client_bucket, "{key}");
            assert_eq!(bucket(key, id, &Options::new(Profile::Edge, 0)), edge, "{key}");
            assert_eq!(bucket(key, id, &java), java_sdk, "{key}");
        }
        // The Go SDK hashes the key alone and does not round down.
        assert_eq!(draw("1111111111", "", &client()), 0x4719_8f26);
        assert_eq!(draw("4444444444", "", &client()), 0x78b8_416a);
        assert_eq!(bucket("1111111111", "", &client()), 277_733);
        assert_eq!(bucket("4444444444", "", &client()), 471_561);
    }

    /// Columns: text, hash, bucket in profile `client`, bucket in profile `edge`.
    #[test]
    fn known_answers() {
        for (text, hash, client_bucket, edge) in [
            ("", 0, 0, 0),
            ("a", 0x3c25_69b2, 234_945, 234_945),
            ("ab", 0x9bbf_d75f, 608_396, 608_396),
            ("abc", 0xb3dd_93fa, 702_599, 702_599),
            ("abcd", 0x43ed_676a, 265_341, 265_341),
            ("abcde", 0xe89b_9af6, 908_624, 908_624),
            ("fredabcde", 0x366e_ce57, 212_628, 212_628),
            ("zappo-food172765e02-2-1-1-2-2-1", 0xee8f_da7b, 931_882, 931_882),
            ("user@example.com9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11", 0x9843_9d9d, 594_781, 594_781),
            ("é", 0x1011_0787, 62_759, 62_759),
            ("aé", 0x031a_0ccf, 12_116, 12_116),
            ("żółw", 0xfd6a_7400, 989_905, 989_905),
            ("日本", 0xc4d9_f942, 768_951, 768_951),
            ("日本語", 0xa5a4_7297, 647_040, 647_040),
            ("abc日", 0x0757_ae3d, 28_681, 28_681),
            ("\u{7ff}", 0x8ca7_f27d, 549_437, 549_437),
            ("\u{800}", 0x7aa3_d41f, 479_062, 479_062),
            ("\u{ffff}", 0x3f4a_ff5c, 247_238, 247_238),
            ("😀", 0xbeb4_2efa, 744_936, 955_494),
            ("a😀", 0xe325_d8b4, 887_296, 506_785),
            ("ab😀", 0x352f_858b, 207_756, 346_416),
            ("abc😀", 0xdc1d_ac21, 859_827, 498_431),
            ("abcd😀", 0xe3de_9809, 890_115, 917_369),
            ("żółw-🐢", 0xd6cc_dcb6, 839_063, 246_124),
            ("🐢🐢", 0xf7aa_b74f, 967_448, 117_870),
            ("a\u{0}b", 0x6f8c_c6a6, 435_741, 435_741),
            ("e\u{301}", 0x9f32_a268, 621_866, 621_866),
        ] {
            assert_eq!(draw(text, "", &client()), hash, "{text}");
            assert_eq!(bucket(text, "", &client()), client_bucket, "{text}");
            assert_eq!(bucket(text, "", &Options::new(Profile::Edge, 0)), edge, "{text}");
        }
    }

    #[test]
    fn known_answers_with_a_feature_id() {
        for (key, hash, expected) in [
            ("alice", 0x9bd1_1cce, 608_659),
            ("bob", 0xac5a_6f67, 673_254),
            ("carol", 0x410e_30b6, 254_122),
            ("user-7", 0x256f_097f, 146_225),
            ("acme$nz", 0x5cf3_f77f, 363_097),
            ("acme$<none>", 0x90e5_cafb, 566_006),
            ("żółw", 0x0ccd_7ab0, 50_010),
            ("日本語", 0x2908_d1ad, 160_290),
            ("🐢", 0x37f9_a255, 218_652),
            ("a😀b", 0xf556_5c3a, 958_349),
            ("u424540", 0x0000_0cda, 0),
            ("u211467", 0xffff_f59b, 999_999),
            ("u458440", 0x3333_3009, 199_999),
            ("u411728", 0x3333_3807, 200_000),
            ("u69099", 0x3333_4704, 200_001),
            ("u3347021", 0x3333_38d3, 200_000),
        ] {
            assert_eq!(draw(key, G, &client()), hash, "{key}");
            assert_eq!(bucket(key, G, &client()), expected, "{key}");
        }
        let java = Options { mutant: Mutant::named("mut-hash-other-seed"), ..client() };
        assert_eq!(bucket("carol", G, &java), 379_656);
    }
}
