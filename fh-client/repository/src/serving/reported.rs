//! The mistakes that a repository has reported, so that it reports each once and not too many.

use std::hash::{DefaultHasher, Hash, Hasher};
// Plain atomics also under loom, because no other data depends on their order.
use std::sync::atomic::{AtomicU64, Ordering};

use fh_eval::Attributes;
use fh_eval::internal::names_hash;

/// Maximum number of notices of each kind. One more notice then says that further ones are left out.
pub(super) const MOST: usize = 20;

/// Maximum number of comparisons of the names of a context with a missing attribute.
const MOST_CONTEXTS: u64 = 1_000;

/// The hashes of what was reported. A slot is 0 while it is free.
pub(super) type Reported = [AtomicU64; MOST + 1];

/// The mistakes that a repository has reported. Reads that repeat a mistake load at most 21 numbers, and take no lock.
pub(crate) struct Mistakes {
    pub(super) missing: Reported,
    pub(super) mismatched: Reported,
    pub(super) attributes: Reported,
    /// The hashes of missing attributes and names of contexts that were compared last. A hash has one slot.
    compared: [AtomicU64; 128],
    comparisons: AtomicU64,
}

/// The position of a mistake among those of its kind.
pub(super) enum Turn {
    /// The mistake was reported, or too many others were.
    Known,
    New,
    /// The mistake is the first one that is left out.
    LeftOut,
}

impl Default for Mistakes {
    fn default() -> Self {
        let free = || std::array::from_fn(|_| AtomicU64::new(0));
        Self {
            missing: free(),
            mismatched: free(),
            attributes: free(),
            compared: std::array::from_fn(|_| AtomicU64::new(0)),
            comparisons: AtomicU64::new(0),
        }
    }
}

impl Mistakes {
    /// Returns true if a context with these names must be compared with the missing attribute `name`.
    pub(super) fn is_new_context(&self, attributes: &Attributes, name: &str) -> bool {
        self.is_new_hash(names_hash(attributes, name) | 1)
            && self.comparisons.fetch_add(1, Ordering::Relaxed) < MOST_CONTEXTS
    }

    /// Returns true if no names with this hash, which is not 0, were compared lately, and if others may still be compared.
    pub(super) fn is_new_hash(&self, hash: u64) -> bool {
        let slot = self.compared.get((hash >> 32) as usize % self.compared.len());
        slot.is_some_and(|slot| slot.swap(hash, Ordering::Relaxed) != hash)
            && self.comparisons.load(Ordering::Relaxed) < MOST_CONTEXTS
    }
}

/// Takes the first free slot for a name, unless a slot has it.
pub(super) fn turn(reported: &Reported, name: &str) -> Turn {
    let mut state = DefaultHasher::new();
    name.hash(&mut state);
    let hash = state.finish() | 1;
    for (index, slot) in reported.iter().enumerate() {
        let found = match slot.load(Ordering::Relaxed) {
            0 => slot.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed),
            found => Err(found),
        };
        match found {
            Ok(_) if index < MOST => return Turn::New,
            Ok(_) => return Turn::LeftOut,
            Err(found) if found == hash => return Turn::Known,
            Err(_) => {}
        }
    }
    Turn::Known
}
