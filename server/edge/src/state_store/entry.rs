//! The origin and version of the value of one feature in one environment.

use fh_eval::Timestamp;
use uuid::Uuid;

use super::record::Fingerprint;
use crate::serving::Counting;
use crate::state::{Feature, FeatureValue};

/// The version of the value of one feature in one environment, and whether the value comes from the base or from a later change. The base
/// is the whole state that was read or uploaded last. It does not include later changes of single values.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The id of the feature.
    pub(super) feature: Uuid,
    /// The fingerprint of the value in the base. It is `None` only while the admin API replaces the state, so that the new base keeps no
    /// earlier change of the value.
    pub(super) base: Option<Fingerprint>,
    /// The version of the value that is served. A published version never decreases.
    pub(super) version: i64,
    pub(super) counting: Counting,
    /// True if the value or its version differs from the base, so that the change store has to hold it.
    pub(super) is_changed: bool,
}

impl Entry {
    /// Makes the entry of a value in a new base. `before` is the entry of the value that was served until then, and `looks_the_same` is
    /// true if the new base has that same value. A version that is made from the time `now` is at least `highest`, in case the clock was
    /// set back.
    pub(super) fn new(
        print: Fingerprint,
        feature: &Feature,
        value: Option<&FeatureValue>,
        before: Option<Self>,
        looks_the_same: bool,
        now: Timestamp,
        highest: i64,
    ) -> Self {
        // Without a value record there is no version (edge-protocol 2.6).
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
        // Readers that already hold the same value need no new version.
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

    /// Returns the fingerprint of the value that is served, if the value is that of the base.
    pub(super) fn unchanged(&self) -> Option<&Fingerprint> {
        self.base.as_ref().filter(|_| !self.is_changed)
    }

    /// Raises the version above `served`, under which readers may hold another value. Does nothing if the version is higher already.
    pub(super) fn rise_above(&mut self, served: i64) {
        if self.version > served {
            return;
        }
        self.version = served.saturating_add(1);
        // A raised version that counts differs from the version in the base, so it is recorded.
        self.is_changed |= self.counting == Counting::Counts;
    }

    /// Gives the value a new version, because it was changed at the time `now`. The version is incremented. If `stated` is false, because
    /// the value states no version of its own, the new version is at least the time in milliseconds.
    pub(super) fn step(&mut self, stated: bool, now: Timestamp) {
        let next = self.version.saturating_add(1);
        self.version = if stated { next } else { next.max(now.as_millis()) };
        self.counting = Counting::Counts;
        self.is_changed = true;
    }

    /// Forgets the fingerprint of the base, because the admin API replaces the state. The next base then overrides the value, even if the
    /// value was changed since the last base.
    pub(super) fn forget_base(&mut self) {
        self.base = None;
    }
}
