//! The reads of a snapshot that return a value.

use std::sync::Arc;

use fh_eval::{Attributes, Evaluation, Kind, Number, Subject, Value};

use super::listen::Answers;
use super::mistakes::{Missing, ReadClock};
use super::snapshot::RepositorySnapshot;
use crate::answer::{Answer, Intercepted, Read, Ruled, json_of, string_of};
use crate::reason::Reason;
use crate::usage::UsedFeature;

impl Answers for RepositorySnapshot {
    fn generation(&self) -> u64 {
        self.generation()
    }

    fn answer<'a>(&'a self, key: &str, attributes: Option<&'a Arc<Attributes>>) -> Answer<'a> {
        self.answer(key, attributes)
    }
}

impl RepositorySnapshot {
    // ---- evaluating a read --------------------------------------------------------------------

    /// Evaluates the rules of a feature. Returns `None` if the feature does not exist.
    #[inline]
    fn evaluate<'a>(
        &'a self,
        key: &str,
        attributes: Option<&'a Arc<Attributes>>,
    ) -> Option<Evaluation<'a>> {
        let feature = self.rules.ruleset().get(key)?;
        let clock = ReadClock { snapshot: self, missing: Missing::Report };
        let subject = match attributes {
            Some(attributes) => Subject::new(attributes, clock),
            None => Subject::without_context(clock),
        };
        Some(feature.evaluate(&subject))
    }

    /// Returns the value of a feature, from an interceptor or from the rules. Does not count as a use, and is not reported to passive
    /// polling.
    pub(crate) fn answer<'a>(
        &'a self,
        key: &str,
        attributes: Option<&'a Arc<Attributes>>,
    ) -> Answer<'a> {
        self.answer_to(key, attributes, Missing::Ignore)
    }

    /// Like [`Self::answer`]. `missing` says what happens to the names of missing attributes.
    fn answer_to<'a>(
        &'a self,
        key: &str,
        attributes: Option<&'a Arc<Attributes>>,
        missing: Missing<'_>,
    ) -> Answer<'a> {
        let feature = self.rules.ruleset().get(key);
        if !self.chain.is_empty()
            && let Some(said) = self.chain.ask(
                &*self.core,
                key,
                feature,
                attributes.map(|attributes| &**attributes),
            )
        {
            return Answer::Intercepted(Intercepted { feature, value: said.value, by: said.by });
        }
        if !self.is_for(attributes) {
            return Answer::Missing(self.reason_of_other_contexts());
        }
        let Some(feature) = feature else {
            let is_known = self.knows_all_features();
            return Answer::Missing(if is_known { Reason::NotFound } else { Reason::NotReady });
        };
        let clock = ReadClock { snapshot: self, missing };
        let (subject, strategy) = match (self.rules.evaluated_for(), attributes) {
            (Some(by_edge), _) => {
                (Subject::without_context(clock), by_edge.strategies.get(key).map(|id| &**id))
            }
            (None, Some(attributes)) => (Subject::new(attributes, clock), None),
            (None, None) => (Subject::without_context(clock), None),
        };
        let evaluation = feature.evaluate(&subject);
        Answer::Ruled(Ruled {
            feature,
            evaluation,
            strategy,
            #[cfg(any(feature = "featbit", feature = "featuresignals"))]
            system: self.rules.system(),
        })
    }

    /// Returns all features with their values for a context, for a usage event. Features for which a read has no value are left out; null
    /// counts as a value.
    pub(crate) fn used_features(&self, attributes: Option<&Arc<Attributes>>) -> Vec<UsedFeature> {
        let keys = self.rules.ruleset().iter().map(|feature| feature.key());
        keys.filter_map(|key| UsedFeature::of(&self.rules, key, &self.answer(key, attributes)))
            .collect()
    }

    /// Reads a feature for the user's code if `is_plain` is true. Returns `None` if `is_plain` is false, and `Some(None)` if the feature
    /// does not exist.
    #[inline]
    fn plainly<'a>(
        &'a self,
        key: &str,
        attributes: Option<&'a Arc<Attributes>>,
    ) -> Option<Option<Evaluation<'a>>> {
        self.is_plain.then(|| {
            self.core.touch();
            self.evaluate(key, attributes)
        })
    }

    /// Returns the value of a plain read. Without a value, the read may be a mistake.
    #[inline(always)]
    pub(super) fn valued<R>(&self, key: &str, kind: Option<Kind>, value: Option<R>) -> Option<R> {
        if value.is_none() {
            self.without_value(key, kind);
        }
        value
    }

    /// Reads a feature for the user's code, reports the use to observers, and converts the value.
    #[inline(never)]
    pub(super) fn used<'a, R>(
        &'a self,
        key: &str,
        attributes: Option<&'a Arc<Attributes>>,
        kind: Option<Kind>,
        read: impl FnOnce(&Answer<'a>) -> R,
    ) -> R {
        self.core.touch();
        let answer = self.answer_to(key, attributes, Missing::Report);
        match &answer {
            Answer::Missing(Reason::OtherContext) => {
                self.core.report_other_context(self.rules.system());
            }
            Answer::Missing(Reason::NotFound) => self.without_value(key, kind),
            Answer::Ruled(ruled) if ruled.is_mismatch(kind) => self.without_value(key, kind),
            _ => {}
        }
        let made = Read { key, kind, answer: &answer, attributes };
        self.observers.evaluated(&self.rules, &self.core.dispatcher, &made);
        read(&answer)
    }

    // ---- reads --------------------------------------------------------------------------------

    /// Returns true if [`Self::boolean`] returns `Some(true)`.
    #[inline]
    #[must_use]
    pub fn is_enabled(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> bool {
        self.boolean(key, attributes) == Some(true)
    }

    /// Returns the value of a BOOLEAN feature, or the value with which an interceptor overrides the feature. Returns `None` if the value is
    /// null or has another type. Without an override, also returns `None` if the feature does not exist, or if the client has no features
    /// for this context.
    #[inline]
    #[must_use]
    pub fn boolean(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<bool> {
        match self.plainly(key, attributes) {
            Some(evaluation) => {
                self.valued(key, Some(Kind::Boolean), evaluation.and_then(|it| it.boolean()))
            }
            None => self.used(key, attributes, Some(Kind::Boolean), Answer::boolean),
        }
    }

    /// Returns the value of a STRING feature, or the value with which an interceptor overrides the feature. Returns `None` if the value is
    /// null or has another type. Without an override, also returns `None` if the feature does not exist, or if the client has no features
    /// for this context.
    #[must_use]
    pub fn string(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<Arc<str>> {
        match self.plainly(key, attributes) {
            Some(evaluation) => {
                self.valued(key, Some(Kind::String), evaluation.and_then(|it| string_of(&it)))
            }
            None => self.used(key, attributes, Some(Kind::String), Answer::string),
        }
    }

    /// Returns the value of a NUMBER feature, or the value with which an interceptor overrides the feature, as the nearest double, which is
    /// infinite beyond the range of doubles. Returns `None` if the value is null or has another type. Without an override, also returns
    /// `None` if the feature does not exist, or if the client has no features for this context.
    #[must_use]
    pub fn number(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<f64> {
        match self.plainly(key, attributes) {
            Some(evaluation) => {
                self.valued(key, Some(Kind::Number), evaluation.and_then(|it| it.number()))
            }
            None => self.used(key, attributes, Some(Kind::Number), Answer::number),
        }
    }

    /// Returns the value of a NUMBER feature, or the value with which an interceptor overrides the feature, with its decimal text. Returns
    /// `None` if the value is null or has another type. Without an override, also returns `None` if the feature does not exist, or if the
    /// client has no features for this context.
    #[must_use]
    pub fn decimal(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<Number> {
        match self.plainly(key, attributes) {
            Some(evaluation) => self.valued(
                key,
                Some(Kind::Number),
                evaluation.and_then(|it| it.decimal().cloned()),
            ),
            None => self.used(key, attributes, Some(Kind::Number), Answer::decimal),
        }
    }

    /// Returns the text of a JSON feature, or the text with which an interceptor overrides the feature. Returns `None` if the value is null
    /// or has another type. Without an override, also returns `None` if the feature does not exist, or if the client has no features for
    /// this context.
    #[must_use]
    pub fn json(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<Arc<str>> {
        match self.plainly(key, attributes) {
            Some(evaluation) => {
                self.valued(key, Some(Kind::Json), evaluation.and_then(|it| json_of(&it)))
            }
            None => self.used(key, attributes, Some(Kind::Json), Answer::json),
        }
    }

    /// Returns the value of a feature of any type, or the value with which an interceptor overrides the feature. Returns `None` if the
    /// value is null. Without an override, also returns `None` if the feature does not exist, or if the client has no features for this
    /// context.
    #[must_use]
    pub fn value(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<Value> {
        match self.plainly(key, attributes) {
            Some(evaluation) => {
                self.valued(key, None, evaluation.and_then(|it| it.typed_value().cloned()))
            }
            None => self.used(key, attributes, None, Answer::value),
        }
    }

    // ---- reads that do not count as uses ------------------------------------------------------

    /// Returns true if a read of the key for the context has a value that is not null, after overrides and strategies were applied. Does
    /// not count as a use of the feature.
    #[must_use]
    pub fn is_set(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> bool {
        self.core.touch();
        self.answer(key, attributes).is_set()
    }

    /// Returns true if the feature exists. An override of a missing feature does not change the result. Does not count as a use of the
    /// feature.
    #[must_use]
    pub fn exists(&self, key: &str) -> bool {
        self.core.touch();
        self.rules.ruleset().get(key).is_some()
    }

    /// Returns the keys of all features, in the order of the snapshot's [ruleset](crate::rules::Rules::ruleset). Does not count as a use of
    /// the features.
    #[must_use]
    pub fn keys(&self) -> Vec<Box<str>> {
        self.core.touch();
        self.rules.ruleset().iter().map(|feature| feature.key().into()).collect()
    }
}
