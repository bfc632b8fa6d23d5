//! The first read of a context that a program has not made yet: a plain read, which needs only the attributes that the feature reads.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use fh_eval::{AttributesBuilder, Evaluation, Kind, Number, Subject, Value};

use super::mistakes::{Missing, ReadClock};
use super::snapshot::RepositorySnapshot;
use crate::answer::{json_of, string_of};

/// The attributes that a program has given and that are in no context yet.
pub trait GivenAttributes {
    /// Adds the attributes whose names `is_read` accepts, in the order in which the program gave them, and in the form that rules of the
    /// client's system read.
    fn add(&self, attributes: &mut AttributesBuilder, is_read: &dyn Fn(&str) -> bool);

    /// Calls `each` with the names of all attributes.
    fn each_name(&self, each: &mut dyn FnMut(&str));
}

macro_rules! first_reads {
    ($($(#[$doc:meta])* $name:ident -> $type:ty, $kind:expr, $value:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(
            &self,
            key: &str,
            given: &impl GivenAttributes,
            builder: &mut AttributesBuilder,
        ) -> Option<Option<$type>> {
            self.first_read(key, $kind, given, builder, $value)
        }
    )*};
}

/// Reads for attributes that are in no context yet. The builder has any attributes, which the read removes. A read returns `None` if it needs
/// the whole context: with a server-evaluated key, with interceptors or observers, or to report a misspelt attribute.
#[allow(
    clippy::redundant_closure,
    clippy::redundant_closure_for_method_calls,
    reason = "a method of evaluations with one lifetime is no function for each lifetime"
)]
impl RepositorySnapshot {
    first_reads! {
        /// Returns the value of [`Self::boolean`].
        first_boolean -> bool, Some(Kind::Boolean), |it| it.boolean();
        /// Returns the value of [`Self::string`].
        first_string -> Arc<str>, Some(Kind::String), |it| string_of(it);
        /// Returns the value of [`Self::number`].
        first_number -> f64, Some(Kind::Number), |it| it.number();
        /// Returns the value of [`Self::decimal`].
        first_decimal -> Number, Some(Kind::Number), |it| it.decimal().cloned();
        /// Returns the value of [`Self::json`].
        first_json -> Arc<str>, Some(Kind::Json), |it| json_of(it);
        /// Returns the value of [`Self::value`].
        first_value -> Value, None, |it| it.typed_value().cloned();
    }

    #[inline]
    fn first_read<R>(
        &self,
        key: &str,
        kind: Option<Kind>,
        given: &impl GivenAttributes,
        builder: &mut AttributesBuilder,
        read: impl FnOnce(&Evaluation<'_>) -> Option<R>,
    ) -> Option<Option<R>> {
        let evaluation = self.first_evaluation(key, given, builder)?;
        Some(self.valued(key, kind, evaluation.and_then(|it| read(&it))))
    }

    /// Evaluates a feature; `Some(None)` if there is none. One copy of this code serves the reads of all types.
    #[inline(never)]
    fn first_evaluation<'a>(
        &'a self,
        key: &str,
        given: &dyn GivenAttributes,
        builder: &'a mut AttributesBuilder,
    ) -> Option<Option<Evaluation<'a>>> {
        if !self.is_plain {
            return None;
        }
        self.core.touch();
        let Some(feature) = self.rules.ruleset().get(key) else { return Some(None) };
        builder.clear();
        given.add(builder, &|name| feature.reads(name));
        let missing = Cell::new(0);
        let clock = ReadClock { snapshot: self, missing: Missing::Hash(&missing) };
        let evaluation = feature.evaluate(&Subject::new(builder.as_attributes(), clock));
        let is_misspelt = missing.get() != 0 && self.may_be_misspelt(given, missing.get());
        (!is_misspelt).then_some(Some(evaluation))
    }

    /// Returns true if attributes with these names were not compared with missing attributes yet, of which `missing` is a hash.
    #[cold]
    #[inline(never)]
    fn may_be_misspelt(&self, given: &dyn GivenAttributes, missing: u64) -> bool {
        let Some(mistakes) = self.core.mistakes() else { return false };
        let mut state = DefaultHasher::new();
        missing.hash(&mut state);
        given.each_name(&mut |name| name.hash(&mut state));
        mistakes.is_new_hash(state.finish() | 1)
    }
}
