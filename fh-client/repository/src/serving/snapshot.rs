//! An immutable state of features and status, and the methods that read it.

use std::sync::Arc;

use fh_eval::{Attributes, Evaluation, Kind, Number, Subject, Value};

use super::core::Core;
use super::detail::{Detail, ExplainedDetail};
use super::mistakes::ReadClock;
use super::values::ContextValues;
use crate::answer::{Answer, Intercepted, Ruled, json_of, string_of};
use crate::intercept::Chain;
use crate::readiness::Readiness;
use crate::reason::Reason;
use crate::rules::Rules;
use crate::status::SessionStatus;
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
use crate::system::System;
use crate::usage::{Observers, Read, UsedFeature};

/// The immutable state of a repository's features and of the client's status at one time. Several reads of one snapshot return values of
/// the same state.
///
/// Reads take no lock of the repository if there are no observers, and if no interceptor panics or returns a value that is refused, and if
/// the reason is not [`Reason::OtherContext`], and if the read is not the first one with a mistake that is reported.
/// `attributes` is the context of a read; `None` means a read without attributes. With a server-evaluated key, a read without a context
/// returns the served values for whichever context the Edge evaluated, unless the client is [`Readiness::NotReady`]. A read that no
/// interceptor overrides returns no value, with the reason [`Reason::OtherContext`], if the values are valid for another context than the
/// context of the read. While the client waits for the features of a new context, the reason is [`Reason::NotReady`].
///
/// A read counts as one use of the feature, unless its documentation or that of [`Observer`](crate::Observer) says otherwise. Reads of
/// features are also reported to passive polling.
#[derive(Clone)]
pub struct RepositorySnapshot {
    pub(super) core: Arc<Core>,
    pub(super) rules: Arc<Rules>,
    status: Arc<SessionStatus>,
    pub(super) chain: Arc<Chain>,
    observers: Arc<Observers>,
    generation: u64,
    has_list: bool,
    /// True if the client evaluates the features and there are no interceptors and no observers.
    is_plain: bool,
}

impl RepositorySnapshot {
    pub(crate) fn empty(core: Arc<Core>) -> Self {
        Self {
            core,
            rules: Arc::default(),
            status: Arc::default(),
            chain: Arc::default(),
            observers: Arc::default(),
            generation: 0,
            has_list: false,
            is_plain: true,
        }
    }

    /// Updates `is_plain` after a change of another field.
    fn seal(mut self) -> Self {
        self.is_plain = self.chain.is_empty()
            && self.observers.is_empty()
            && self.rules.evaluated_for().is_none();
        self
    }

    pub(crate) fn with_rules(&self, rules: Arc<Rules>, has_list: bool) -> Self {
        let generation = self.generation + 1;
        Self { rules, has_list, generation, ..self.clone() }.seal()
    }

    pub(crate) fn with_status(&self, status: Arc<SessionStatus>) -> Self {
        // With a server-evaluated key, reads without a context depend on readiness, so a change of readiness may change values.
        let changes_answers = self.status.readiness != status.readiness;
        let generation = self.generation + u64::from(changes_answers);
        Self { status, generation, ..self.clone() }
    }

    pub(crate) fn with_chain(&self, chain: Arc<Chain>) -> Self {
        Self { chain, generation: self.generation + 1, ..self.clone() }.seal()
    }

    pub(crate) fn with_observers(&self, observers: Arc<Observers>) -> Self {
        Self { observers, ..self.clone() }.seal()
    }

    pub(crate) const fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    pub(crate) const fn observers(&self) -> &Arc<Observers> {
        &self.observers
    }

    pub(crate) const fn has_list(&self) -> bool {
        self.has_list
    }

    // ---- the state ----------------------------------------------------------------------------

    /// Returns the features of the snapshot.
    #[must_use]
    pub const fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Returns the status of the client at the time of the snapshot.
    #[must_use]
    pub const fn status(&self) -> &Arc<SessionStatus> {
        &self.status
    }

    /// Returns the readiness of the client at the time of the snapshot.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.status.readiness
    }

    /// Returns a number that increases whenever a read may return another value. While the number stays the same, values that were read
    /// earlier stay valid. Exceptions are values of features with rules on `now`, and overrides whose change was not reported by
    /// [`Repository::overrides_changed`](crate::Repository::overrides_changed).
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    // ---- evaluating a read --------------------------------------------------------------------

    /// Evaluates the rules of a feature. Returns `None` if the feature does not exist.
    #[inline]
    fn evaluate<'a>(
        &'a self,
        key: &str,
        attributes: Option<&'a Arc<Attributes>>,
    ) -> Option<Evaluation<'a>> {
        let feature = self.rules.ruleset().get(key)?;
        let clock = ReadClock { snapshot: self, is_use: true };
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
        self.answer_to(key, attributes, false)
    }

    /// Like [`Self::answer`]. If `is_use` is true, missing attributes are reported.
    fn answer_to<'a>(
        &'a self,
        key: &str,
        attributes: Option<&'a Arc<Attributes>>,
        is_use: bool,
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
        let clock = ReadClock { snapshot: self, is_use };
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

    /// Returns true if a list of features has been published and is served. The reason for the missing value of an unknown key is then that
    /// the feature does not exist.
    pub(super) fn knows_all_features(&self) -> bool {
        self.has_list && self.is_served()
    }

    /// Returns true if the features are served, unless there are none yet. The Edge may refuse a client while the client waits for the
    /// features of a new context, so the readiness alone does not say it.
    fn is_served(&self) -> bool {
        self.readiness() != Readiness::NotReady && !self.status().is_withheld
    }

    /// Returns true if a read with this context may use the features. With a server-evaluated key, a read without a context may use them
    /// while they are served.
    pub(super) fn is_for(&self, attributes: Option<&Arc<Attributes>>) -> bool {
        match (self.rules.evaluated_for(), attributes) {
            (None, _) => true,
            (Some(_), None) => self.is_served(),
            (Some(by_edge), Some(attributes)) => by_edge.answers_for(attributes),
        }
    }

    /// Returns the reason why a context has no features. While the client waits for the features of a new context, it is not ready, also if
    /// it serves the former ones meanwhile.
    fn reason_of_other_contexts(&self) -> Reason {
        let is_switching =
            self.rules.evaluated_for().is_some_and(|by_edge| by_edge.kept_for.is_some());
        if self.is_served() && !is_switching { Reason::OtherContext } else { Reason::NotReady }
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
    fn valued<R>(&self, key: &str, kind: Option<Kind>, value: Option<R>) -> Option<R> {
        if value.is_none() {
            self.without_value(key, kind);
        }
        value
    }

    /// Reads a feature for the user's code, reports the use to observers, and converts the value.
    #[inline(never)]
    fn used<'a, R>(
        &'a self,
        key: &str,
        attributes: Option<&'a Arc<Attributes>>,
        kind: Option<Kind>,
        read: impl FnOnce(&Answer<'a>) -> R,
    ) -> R {
        self.core.touch();
        let answer = self.answer_to(key, attributes, true);
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

    /// Returns the value of a feature, with its reason and further data of the feature.
    #[must_use]
    pub fn detail(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Detail {
        self.used(key, attributes, None, |answer| Detail::of(self, key, answer, None))
    }

    /// Reads a feature as the type `kind`, and returns the same data as [`Self::detail`]. A feature of another type has no value, with the
    /// reason [`Reason::TypeMismatch`]. A null value of a feature of this type has the reason [`Reason::NotSet`].
    #[must_use]
    pub fn detail_as(&self, key: &str, attributes: Option<&Arc<Attributes>>, kind: Kind) -> Detail {
        self.used(key, attributes, Some(kind), |answer| Detail::of(self, key, answer, Some(kind)))
    }

    // ---- reads that do not count as uses ------------------------------------------------------

    /// Returns the same as [`Self::detail`], but does not count as a use of the feature. Use this method for metadata, tools and
    /// comparisons.
    #[must_use]
    pub fn peek(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Detail {
        self.core.touch();
        Detail::of(self, key, &self.answer(key, attributes), None)
    }

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

    /// Returns the keys of all features, in the order of the snapshot's [ruleset](Rules::ruleset). Does not count as a use of the features.
    #[must_use]
    pub fn keys(&self) -> Vec<Box<str>> {
        self.core.touch();
        self.rules.ruleset().iter().map(|feature| feature.key().into()).collect()
    }

    /// Returns all features with their values for the context `attributes`, in the order of [`Self::keys`]. Does not count as a use of the
    /// features.
    #[must_use]
    pub fn values(&self, attributes: Option<&Arc<Attributes>>) -> ContextValues {
        self.core.touch();
        ContextValues::of(self, self.core.dispatcher.clock()(), attributes)
    }

    /// Returns the value of a feature and the steps of its evaluation. Does not count as a use of the feature.
    #[must_use]
    pub fn explain(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> ExplainedDetail {
        self.core.touch();
        let detail = Detail::of(self, key, &self.answer(key, attributes), None);
        let clock = ReadClock { snapshot: self, is_use: false };
        let subject = match attributes {
            Some(attributes) if self.rules.evaluated_for().is_none() => {
                Subject::new(attributes, clock)
            }
            _ => Subject::without_context(clock),
        };
        let is_for = self.is_for(attributes);
        let feature = is_for.then(|| self.rules.ruleset().get(key)).flatten();
        let has_features = is_for && self.knows_all_features();
        #[cfg(any(feature = "featbit", feature = "featuresignals"))]
        if self.rules.system() != System::FeatureHub {
            let attributes = attributes.map(|attributes| Attributes::clone(attributes));
            let attributes = attributes.unwrap_or_default();
            let flag = feature.and_then(|flag| self.explained_flag(flag, attributes));
            return ExplainedDetail { detail, rules: None, flag, has_features };
        }
        let rules = feature.map(|feature| feature.explain(&subject));
        ExplainedDetail {
            detail,
            rules,
            #[cfg(any(feature = "featbit", feature = "featuresignals"))]
            flag: None,
            has_features,
        }
    }
}

#[cfg(any(feature = "featbit", feature = "featuresignals"))]
impl RepositorySnapshot {
    /// Explains the evaluation of a flag of another system than FeatureHub; `None` if a server has evaluated it.
    fn explained_flag(
        &self,
        flag: fh_eval::FeatureRef<'_>,
        attributes: Attributes,
    ) -> Option<fh_eval::FlagExplanation> {
        match self.rules.system() {
            #[cfg(feature = "featbit")]
            System::FeatBit => Some(fh_eval::featbit::explain(flag, &attributes.into())),
            #[cfg(feature = "featuresignals")]
            System::FeatureSignals if self.rules.evaluated_for().is_none() => {
                let now = self.core.dispatcher.clock()();
                Some(fh_eval::featuresignals::explain(flag, &attributes.into(), now))
            }
            _ => None,
        }
    }
}

impl std::fmt::Debug for RepositorySnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("features", &self.rules.ruleset().len())
            .field("readiness", &self.status.readiness)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
