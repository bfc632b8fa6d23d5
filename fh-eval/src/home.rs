//! The slots at which searches in lists of texts begin.

use std::hash::BuildHasher;

use crate::attributes::Supplied;
use crate::hashing::Hashing;

/// Returns the slot at which the search for a text begins, of this many slots.
#[inline]
pub(crate) fn home(supplied: &Supplied<'_>, homes: u32) -> usize {
    let len = supplied.text.len();
    let hash = if len <= 16 {
        // The first and the last eight bytes and the length identify the text.
        mixed(
            supplied.head ^ 0x9E37_79B9_7F4A_7C15,
            supplied.tail ^ 0xD6E8_FEB8_6659_FD93 ^ len as u64,
        )
    } else {
        Hashing::default().hash_one(supplied.text)
    };
    // The upper half of the product with the number of slots is a slot.
    ((u128::from(hash) * u128::from(homes)) >> 64) as usize
}

/// Returns both halves of the product, combined.
const fn mixed(one: u64, other: u64) -> u64 {
    let product = one as u128 * other as u128;
    (product as u64 ^ (product >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
