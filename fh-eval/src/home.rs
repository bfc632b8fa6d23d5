//! The hashes of texts of lists, and the slots at which searches begin.

use std::hash::BuildHasher;

use crate::attributes::Supplied;
use crate::hashing::Hashing;

/// Returns the hash of a text. The text itself is read only if it has more than 16 bytes.
#[inline]
pub(crate) fn hash(text: &Supplied<'_>) -> u64 {
    let len = text.text.len();
    if len <= 16 { short_hash(text.head, text.tail, len) } else { long_hash(text.text) }
}

/// Returns the hash of a text of at most 16 bytes. The first and the last eight bytes and the length identify the text.
#[inline]
pub(crate) const fn short_hash(head: u64, tail: u64, len: usize) -> u64 {
    mixed(head ^ 0x9E37_79B9_7F4A_7C15, tail ^ 0xD6E8_FEB8_6659_FD93 ^ len as u64)
}

/// Returns the hash of a longer text.
#[inline]
pub(crate) fn long_hash(text: &str) -> u64 {
    Hashing::default().hash_one(text)
}

/// Returns the slot at which the search for a text with this hash begins, of this many slots.
#[inline]
pub(crate) const fn home(hash: u64, homes: u32) -> usize {
    // The upper half of the product with the number of slots is a slot.
    ((hash as u128 * homes as u128) >> 64) as usize
}

/// Returns both halves of the product, combined.
const fn mixed(one: u64, other: u64) -> u64 {
    let product = one as u128 * other as u128;
    (product as u64 ^ (product >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
