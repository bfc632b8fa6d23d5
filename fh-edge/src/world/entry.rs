//! How the value of one feature in one environment came about.

use fh_eval::Timestamp;

use super::record::Print;
use crate::serving::Counting;
use crate::state::{Feature, FeatureValue};

/// The bookkeeping of one value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Stands for what the base says; `None` once that does not count any more.
    pub(super) base: Option<Print>,
    /// The version that is served; never falls.
    pub(super) version: i64,
    pub(super) counting: Counting,
    /// Was it changed since the base?
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
        let Some(before) = before else {
            return Self { base: Some(print), version, counting, is_changed: false };
        };
        // Readers that have the value already need no new version of it.
        if looks_the_same && stated.is_none_or(|stated| stated <= before.version) {
            return Self { base: Some(print), is_changed: false, ..before };
        }
        let floor = before.version.saturating_add(i64::from(has_record));
        Self { base: Some(print), version: version.max(floor), counting, is_changed: false }
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
