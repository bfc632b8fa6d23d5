//! The state of a walk over rows: the bucket of the subject, and the flags that were visited.

#[cfg(feature = "featuresignals")]
use smallvec::SmallVec;

use crate::predicate::Run;
use crate::tables::{Head, Tables};
use crate::trace::Tracer;

/// The flags with prerequisites that an evaluation has visited: none in this build.
#[cfg(not(feature = "featuresignals"))]
pub(super) type Visited = ();

/// The bucket of a subject, which is computed at most once for each attribute that is hashed.
#[derive(Clone, Copy)]
pub(super) enum Drawn {
    /// Nothing is hashed yet.
    Nothing,
    /// A double from 0 to 1, with the attribute that was hashed (FeatBit).
    #[cfg(feature = "featbit")]
    Unit(u32, f64),
    /// A number of basis points (FeatureSignals).
    #[cfg(feature = "featuresignals")]
    BasisPoints(u32),
}

/// The flags with prerequisites that an evaluation has visited. Such a flag fails as the prerequisite of another flag, also if it was
/// visited on another way, as on FeatureSignals' server.
#[cfg(feature = "featuresignals")]
pub(super) struct Visited {
    /// One bit for each row of prerequisites. Up to 1,024 rows take no allocation.
    pub(super) bits: SmallVec<[u64; 16]>,
    pub(super) depth: u32,
}

#[cfg(feature = "featuresignals")]
impl Visited {
    pub(super) fn new(rows: usize) -> Self {
        Self { bits: SmallVec::from_elem(0, rows.div_ceil(64)), depth: 0 }
    }

    pub(super) fn insert(&mut self, row: u32) {
        if let Some(bits) = self.bits.get_mut(row as usize / 64) {
            *bits |= 1 << (row % 64);
        }
    }

    pub(super) fn contains(&self, row: u32) -> bool {
        self.bits.get(row as usize / 64).is_some_and(|bits| bits >> (row % 64) & 1 == 1)
    }
}

/// Returns the rows of a feature that an evaluation with this tracer walks.
pub(super) fn walked<T: Tracer>(tables: &Tables, position: usize, head: &Head) -> Run {
    if T::WALKS_ALL { tables.all_strategies(position) } else { head.strategies }
}
