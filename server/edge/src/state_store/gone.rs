//! The versions of values that are no longer served. Readers that missed the removal may still hold these values.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

/// The identity of a value: the ids of its environment and its feature.
pub(super) type ValueId = (Uuid, Uuid);

/// The largest number of removed values whose versions are kept one by one. If there are more, the values that were added first are
/// evicted.
const MOST: usize = 10_000;

/// The versions of removed values. At most 10,000 are kept one by one. If there are more, the values that were added first are evicted.
/// After a restart, the values are added in the order of their versions. Of all values that were ever evicted, only the highest version is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Gone {
    versions: HashMap<ValueId, (u64, i64)>,
    /// The removed values, in the order in which they were added.
    order: BTreeMap<u64, ValueId>,
    next: u64,
    /// The highest version that was evicted; 0 if no version above 0 was evicted.
    forgotten: i64,
}

impl Gone {
    /// Makes an empty set. `forgotten` is the highest version that was evicted before the start.
    pub(super) fn new(forgotten: i64) -> Self {
        Self { forgotten, ..Self::default() }
    }

    /// Adds a removed value as the latest one. If there are more than 10,000 then, evicts the value that was added first.
    pub(super) fn add(&mut self, id: ValueId, version: i64) {
        let place = self.next;
        self.next += 1;
        let version = match self.versions.insert(id, (place, version)) {
            Some((before, known)) => {
                self.order.remove(&before);
                version.max(known)
            }
            None => version,
        };
        self.versions.insert(id, (place, version));
        self.order.insert(place, id);
        while self.order.len() > MOST {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            if let Some((_, version)) = self.versions.remove(&oldest) {
                self.forgotten = self.forgotten.max(version);
            }
        }
    }

    /// Removes a value from the set, because the value is served again. Returns the highest version of the value that readers may hold: its
    /// version in the set if the set contained the value, else the highest evicted version.
    pub(super) fn take(&mut self, id: ValueId) -> i64 {
        match self.versions.remove(&id) {
            Some((place, version)) => {
                self.order.remove(&place);
                version
            }
            None => self.forgotten,
        }
    }

    /// Returns the version of a removed value that is kept one by one.
    pub(super) fn version(&self, id: ValueId) -> Option<i64> {
        self.versions.get(&id).map(|(_, version)| *version)
    }

    /// Returns the highest version that was evicted; 0 if no version above 0 was evicted.
    pub(super) fn forgotten(&self) -> i64 {
        self.forgotten
    }

    /// Returns the removed values that are kept one by one, with their versions, in the order in which they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ValueId, i64)> {
        let version = |id: &ValueId| self.versions.get(id).map_or(0, |(_, version)| *version);
        self.order.values().map(move |id| (*id, version(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> ValueId {
        (Uuid::from_u128(7), Uuid::from_u128(number))
    }

    #[test]
    fn the_latest_are_kept_and_the_evicted_leave_their_highest_version() {
        let mut gone = Gone::default();
        for number in 0..MOST + 1_000 {
            gone.add(id(number as u128), number as i64);
        }
        assert_eq!(
            (gone.versions.len(), gone.order.len(), gone.iter().count()),
            (MOST, MOST, MOST)
        );
        assert_eq!(gone.forgotten(), 999);
        assert_eq!(gone.take(id(5)), 999);
        assert_eq!(gone.take(id(1_000)), 1_000);
        assert_eq!(gone.take(id(1_000)), 999);
    }

    #[test]
    fn the_floor_is_the_highest_that_was_evicted() {
        let mut gone = Gone::default();
        for number in 0..MOST + 10 {
            gone.add(id(number as u128), 1_000_000 - number as i64);
        }
        assert_eq!(gone.forgotten(), 1_000_000);
    }

    #[test]
    fn a_value_removed_again_is_the_latest() {
        let mut gone = Gone::new(3);
        gone.add(id(1), 50);
        gone.add(id(2), 6);
        gone.add(id(1), 5);
        assert_eq!(gone.iter().collect::<Vec<_>>(), [(id(2), 6), (id(1), 50)]);
        assert_eq!(gone.take(id(9)), 3);
    }
}
