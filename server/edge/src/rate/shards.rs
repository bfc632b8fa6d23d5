//! A set of values, each behind a lock of its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of values and locks. With more locks, two threads need the same lock less often.
const COUNT: usize = 32;

/// A set of values, each with a lock of its own. A hash selects the value, so that requests with different keys rarely wait for each other.
#[derive(Debug, Default)]
pub(super) struct Shards<T> {
    shards: [Mutex<T>; COUNT],
}

impl<T> Shards<T> {
    /// Locks and returns the value that a hash selects.
    pub(super) fn of(&self, hash: u64) -> MutexGuard<'_, T> {
        let [first, ..] = &self.shards;
        let index = usize::try_from(hash % COUNT as u64).unwrap_or(0);
        lock(self.shards.get(index).unwrap_or(first))
    }

    /// Returns all values one after another. Each value is locked while the caller holds it.
    pub(super) fn each(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.shards.iter().map(lock)
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hash_locks_one_value() {
        let shards = Shards::<u64>::default();
        for hash in 0..3 * COUNT as u64 {
            let mut held = shards.of(hash);
            *held += 1;
            let locked = shards.shards.iter().filter(|shard| shard.try_lock().is_err());
            assert_eq!(locked.count(), 1, "{hash}");
        }
        assert!(shards.each().all(|count| *count == 3), "hashes are spread over all values");
    }
}
