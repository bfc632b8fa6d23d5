//! The positions of features by their keys.

use std::hash::BuildHasher;

use hashbrown::HashTable;

use crate::hashing::Hashing;
use crate::tables::Tables;

/// A map from the keys of features to the features' positions in the ruleset.
#[derive(Debug, Default)]
pub(crate) struct Index {
    positions: HashTable<u32>,
}

fn hash(key: &str) -> u64 {
    Hashing::default().hash_one(key)
}

impl Index {
    pub(crate) fn of(tables: &Tables) -> Self {
        let mut positions = HashTable::with_capacity(tables.heads.len());
        for position in 0..tables.heads.len() {
            let key = tables.key(position);
            positions.insert_unique(hash(key), position as u32, |other| {
                hash(tables.key(*other as usize))
            });
        }
        Self { positions }
    }

    #[inline]
    pub(crate) fn find(&self, tables: &Tables, key: &str) -> Option<usize> {
        self.positions
            .find(hash(key), |position| tables.has_key(*position as usize, key))
            .map(|position| *position as usize)
    }
}
