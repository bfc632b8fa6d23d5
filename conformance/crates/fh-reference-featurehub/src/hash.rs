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
