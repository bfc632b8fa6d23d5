//! The seed of the delays of a session.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a random seed for the session's delays.
///
/// The standard library's hash keys are random and differ from call to call, but forked child processes inherit them. The id of the process
/// and the time make the seeds of child processes differ, so that the workers of one server do not retry at the same moments.
pub(crate) fn seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    seed_of(&RandomState::new(), std::process::id(), since.as_nanos())
}

/// Returns the random number of a WebSocket's handshake.
#[cfg(feature = "featbit")]
pub(crate) fn nonce() -> [u8; 16] {
    (u128::from(seed()) << 64 | u128::from(seed())).to_be_bytes()
}

fn seed_of(keys: &RandomState, process: u32, nanos: u128) -> u64 {
    let mut hasher = keys.build_hasher();
    hasher.write_u32(process);
    hasher.write_u128(nanos);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ_between_processes_and_moments_with_the_same_hash_keys() {
        let inherited = RandomState::new();
        assert_eq!(seed_of(&inherited, 7, 1), seed_of(&inherited, 7, 1), "the keys are the same");
        assert_ne!(seed_of(&inherited, 7, 1), seed_of(&inherited, 8, 1));
        assert_ne!(seed_of(&inherited, 7, 1), seed_of(&inherited, 7, 2));
    }
}
