//! How the value of one feature in one environment came about.

use fh_eval::Timestamp;
use uuid::Uuid;

use super::record::Print;
use crate::serving::Counting;
use crate::state::{Feature, FeatureValue};

/// The bookkeeping of one value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Whose value it is.
    pub(super) feature: Uuid,
    /// Stands for what the base says; `None` once that does not count any more.
    pub(super) base: Option<Print>,
    /// The version that is served; never falls.
    pub(super) version: i64,
    pub(super) counting: Counting,
    /// Is it, or its version, another than the base says, so that it is to be kept?
    pub(super) is_changed: bool,
}

impl Entry {
    /// From what a base says now. `before` is what was served until then.
    pub(super) fn new(
        print: Print,
        feature: &Feature,
        value: Option<&FeatureValue>,
        before: Option<Self>,
        looks_the_same: bool,
        now: Timestamp,
        highest: i64,
    ) -> Self {
        // Without a record there is no version (edge-protocol 2.6).
        let has_record = value.is_some() || feature.unset_value().is_some();
        let stated = value.and_then(|value| value.version);
        let (version, counting) = match stated {
            Some(version) => (version, Counting::Counts),
            None if has_record => (now.as_millis().max(highest), Counting::IsATime),
            None => (0, Counting::Counts),
        };
        let base = Some(print);
        let mut this = Self { feature: feature.id, base, version, counting, is_changed: false };
        let Some(before) = before else { return this };
        // Readers that have the value already need no new version of it.
        if looks_the_same && stated.is_none_or(|stated| stated <= before.version) {
            let is_changed = stated.is_some_and(|stated| stated < before.version);
            return Self { feature: feature.id, base: this.base, is_changed, ..before };
        }
        if has_record {
            this.rise_above(before.version);
        } else {
            this.version = before.version;
        }
        this
    }

    /// Readers hold this version of something else.
    pub(super) fn rise_above(&mut self, served: i64) {
        if self.version > served {
            return;
        }
        self.version = served.saturating_add(1);
        // Where the base states a version, the next start would fall back to it.
        self.is_changed |= self.counting == Counting::Counts;
    }

    /// A change happens now.
    pub(super) fn step(&mut self, stated: bool, now: Timestamp) {
        let next = self.version.saturating_add(1);
        self.version = if stated { next } else { next.max(now.as_millis()) };
        self.counting = Counting::Counts;
        self.is_changed = true;
    }

    /// The base that it was made from does not count any more.
    pub(super) fn forget_base(&mut self) {
        self.base = None;
    }
}
