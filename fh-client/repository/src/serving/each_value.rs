//! The values of all features for one context, without a copy of each.

use std::sync::Arc;

use fh_eval::{Attributes, Subject, Value};

use super::mistakes::{Missing, ReadClock};
use super::snapshot::RepositorySnapshot;

impl RepositorySnapshot {
    /// Calls `each` with the key and the value of every feature for the context `attributes`, in the order of [`Self::keys`]. The values are
    /// those of [`Self::values`]: `None` if the value is null, or if the client has no features for this context. If there are no interceptors,
    /// the features are evaluated together, and no memory is allocated. Does not count as a use of the features.
    pub fn for_each_value(
        &self,
        attributes: Option<&Arc<Attributes>>,
        mut each: impl FnMut(&str, Option<&Value>),
    ) {
        self.core.touch();
        let ruleset = self.rules.ruleset();
        if !self.chain.is_empty() || !self.is_for(attributes) {
            for feature in ruleset.iter() {
                each(feature.key(), self.answer(feature.key(), attributes).value_ref());
            }
            return;
        }
        let clock = ReadClock { snapshot: self, missing: Missing::Ignore };
        let subject = match attributes {
            Some(attributes) if self.rules.evaluated_for().is_none() => {
                Subject::new(attributes, clock)
            }
            _ => Subject::without_context(clock),
        };
        ruleset
            .evaluate_all(&subject, |feature, evaluation| each(feature.key(), evaluation.value()));
    }
}
