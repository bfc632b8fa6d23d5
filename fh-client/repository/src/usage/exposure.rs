//! Exposures: reads that have returned a variation of FeatBit.

use std::fmt;
use std::sync::Arc;

use fh_eval::featbit::{has_events, send_to_experiment};
use fh_eval::{Attributes, FeatureRef, Timestamp, Value};

use crate::answer::{Answer, Read, Ruled};
use crate::rules::Rules;

/// A read that has returned a variation of FeatBit. It borrows from the read, so that a read with many observers makes no copies.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Exposure<'a> {
    /// The rules of the read. `flag`, `variation` and `value` borrow from them.
    pub rules: &'a Arc<Rules>,
    /// The flag.
    pub flag: FeatureRef<'a>,
    /// The id of the variation.
    pub variation: &'a str,
    /// The value of the variation, as FeatBit stores it: a text, or one of the texts `true` and `false` as a boolean.
    pub value: &'a Value,
    /// True if FeatBit counts the exposure of the user in its experiments.
    pub send_to_experiment: bool,
    /// The context of the read.
    pub attributes: &'a Arc<Attributes>,
    /// The time of the read.
    pub at: Timestamp,
}

/// The context is left out, because it is personal data.
impl fmt::Debug for Exposure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exposure")
            .field("flag", &self.flag.key())
            .field("variation", &self.variation)
            .finish_non_exhaustive()
    }
}

impl<'a> Exposure<'a> {
    /// Returns the exposure of a read. `None` if the read returned no value or the value of an interceptor, if it had no context, if FeatBit
    /// wants no events about the flag, and for features of other systems.
    pub(super) fn of(rules: &'a Arc<Rules>, read: &Read<'a>, at: Timestamp) -> Option<Self> {
        let Answer::Ruled(Ruled { feature, evaluation, .. }) = read.answer else { return None };
        let (attributes, flag) = (read.attributes?, *feature);
        let (variation, value) = (evaluation.variant()?, evaluation.value()?);
        let is_read = read.kind.is_none_or(|kind| evaluation.read(kind).0.is_some());
        if !is_read || !has_events(flag) {
            return None;
        }
        let send_to_experiment = send_to_experiment(flag, attributes, evaluation);
        Some(Self { rules, flag, variation, value, send_to_experiment, attributes, at })
    }
}
