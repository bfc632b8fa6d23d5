//! All features with their values for one context.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use fh_eval::{Attributes, Timestamp};

use super::detail::Detail;
use super::snapshot::RepositorySnapshot;
use crate::context_hash::context_hash;

/// All features with their values for one context, from one snapshot, in the order of [`RepositorySnapshot::keys`].
///
/// Dereferences to a slice of [`Detail`]. With the feature `serde` it is serialised as the document of `docs/reference/bootstrap.md`, which programs
/// read as a [`Bootstrap`](crate::Bootstrap).
#[derive(Clone)]
pub struct ContextValues {
    features: Vec<Detail>,
    generation: u64,
    time: Timestamp,
    attributes: Option<Arc<Attributes>>,
}

impl RepositorySnapshot {
    /// Returns all features with their values for the context `attributes`, in the order of [`Self::keys`]. Does not count as a use of the
    /// features.
    #[must_use]
    pub fn values(&self, attributes: Option<&Arc<Attributes>>) -> ContextValues {
        self.core.touch();
        ContextValues::of(self, self.core.dispatcher.clock()(), attributes)
    }
}

impl ContextValues {
    pub(crate) fn of(
        snapshot: &RepositorySnapshot,
        time: Timestamp,
        attributes: Option<&Arc<Attributes>>,
    ) -> Self {
        let features = snapshot.rules().ruleset().iter();
        let features = features
            .map(|feature| {
                Detail::of(
                    snapshot,
                    feature.key(),
                    &snapshot.answer(feature.key(), attributes),
                    None,
                )
            })
            .collect();
        Self { features, generation: snapshot.generation(), time, attributes: attributes.cloned() }
    }

    /// Returns the [`RepositorySnapshot::generation`] of the snapshot from which the values were read.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the time when the evaluation of the values began.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// Returns the SHA-256 of the context, in lower-case hexadecimal; `None` if the values were read without a context. Equal contexts have
    /// equal hashes.
    #[must_use]
    pub fn context_hash(&self) -> Option<String> {
        self.attributes.as_deref().map(context_hash)
    }
}

impl Deref for ContextValues {
    type Target = [Detail];

    fn deref(&self) -> &[Detail] {
        &self.features
    }
}

impl IntoIterator for ContextValues {
    type Item = Detail;
    type IntoIter = std::vec::IntoIter<Detail>;

    fn into_iter(self) -> Self::IntoIter {
        self.features.into_iter()
    }
}

impl<'a> IntoIterator for &'a ContextValues {
    type Item = &'a Detail;
    type IntoIter = std::slice::Iter<'a, Detail>;

    fn into_iter(self) -> Self::IntoIter {
        self.features.iter()
    }
}

impl fmt::Debug for ContextValues {
    /// Leaves out the attributes of the context, because they may be personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextValues")
            .field("features", &self.features)
            .field("generation", &self.generation)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}
