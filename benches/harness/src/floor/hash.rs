//! MurmurHash3 x86 32 bit, divided where the user key ends and the feature id begins.

/// The 36 characters of a UUID as little-endian words.
pub(crate) type IdWords = [u32; 9];

/// The hash state after the user key. Whole words are mixed in, and up to three bytes are pending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyState {
    hash: u32,
    waiting: u32,
    waiting_bits: u32,
    length: u32,
}

#[inline(always)]
fn scramble(word: u32) -> u32 {
    word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

#[inline(always)]
fn mix(hash: u32, word: u32) -> u32 {
    (hash ^ scramble(word)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

impl KeyState {
    pub(crate) fn new(key: &str) -> Self {
        let mut chunks = key.as_bytes().chunks_exact(4);
        let hash = (&mut chunks).fold(0, |hash, chunk| {
            mix(hash, u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]))
        });
        let rest = chunks.remainder();
        let waiting = rest.iter().rev().fold(0, |waiting, &byte| (waiting << 8) | u32::from(byte));
        Self { hash, waiting, waiting_bits: 8 * rest.len() as u32, length: key.len() as u32 }
    }

    /// Returns the hash of the key followed by the id.
    #[inline(always)]
    pub(crate) fn finish(self, id: &IdWords) -> u32 {
        let mut hash = self.hash;
        let mut waiting = u64::from(self.waiting);
        for &word in id {
            waiting |= u64::from(word) << self.waiting_bits;
            hash = mix(hash, waiting as u32);
            waiting >>= 32;
        }
        // Without pending bytes this is scramble(0), which is 0.
        hash ^= scramble(waiting as u32);
        hash ^= self.length + 36;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }
}

/// Returns the largest hash whose bucket is within `percentage` (in ten-thousandths of a percent).
pub(crate) fn threshold(percentage: u32) -> u32 {
    let end = (u64::from(percentage) + 1) << 32;
    u32::try_from(end.div_ceil(1_000_000) - 1).unwrap_or(u32::MAX)
}

/// Returns the words of an id. `None` unless it is 36 bytes long.
pub(crate) fn id_words(id: &str) -> Option<IdWords> {
    let bytes: &[u8; 36] = id.as_bytes().try_into().ok()?;
    let mut words = [0; 9];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "f880eb4d-2a38-44a2-9bd8-0fda75afbd2b";

    #[test]
    fn agrees_with_the_plain_hash_for_every_alignment() {
        for length in 0..20 {
            let key = &"user-0123456789-abcdef"[..length];
            let plain = crate::workload::murmur3_32(format!("{key}{ID}").as_bytes());
            assert_eq!(KeyState::new(key).finish(&id_words(ID).unwrap()), plain, "{length}");
        }
    }

    #[test]
    fn thresholds_are_inclusive() {
        for percentage in [0, 1, 199_999, 200_000, 333_333, 999_999, 1_000_000] {
            let last = threshold(percentage);
            let bucket = |hash: u32| (u64::from(hash) * 1_000_000) >> 32;
            assert!(bucket(last) <= u64::from(percentage));
            assert!(last == u32::MAX || bucket(last + 1) > u64::from(percentage));
        }
    }
}
