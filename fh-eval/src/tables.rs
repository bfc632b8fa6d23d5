//! The storage of compiled features: flat rows, feature after feature. Evaluating all features therefore reads memory
//! from front to back, without following a pointer for each feature. A single compiled feature is stored in the
//! same tables, with one row of heads.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

mod detail;
mod names;
#[cfg(not(target_arch = "wasm32"))]
mod names_read;
#[cfg(feature = "featuresignals")]
pub(crate) mod relations;
mod starts;

#[cfg(feature = "first-row")]
use crate::attributes::names as attribute_names;
use crate::attributes::{Name, same};
use crate::bucket::Encoding;
use crate::diagnostic::Diagnostic;
#[cfg(not(target_arch = "wasm32"))]
use crate::listed_text::ListedText;
#[cfg(feature = "first-row")]
use crate::predicate::Grammar;
use crate::predicate::{BoxedPredicate, Predicate, Run, Text};
use crate::reason::EvaluationReason;
use crate::value::{Kind, Value};
pub(crate) use detail::{FeatureDetail, PackedDetail, of_range};
pub(crate) use names::{MovedNames, Names};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use names_read::NamesRead;
#[cfg(feature = "featuresignals")]
use relations::Relations;
pub(crate) use starts::{RowCounts, Starts};

/// The form in which tables store their rows.
pub(crate) trait Storage {
    /// The rows of a table.
    type Rows<T>: Default + Deref<Target = [T]>;
    /// The bytes of a table of texts.
    type Bytes: Default + Deref<Target = str>;
}

/// Rows of a compilation, which appends further ones.
#[derive(Debug, Default)]
pub(crate) struct Growing;

impl Storage for Growing {
    type Rows<T> = Vec<T>;
    type Bytes = String;
}

/// Rows that do not change any more.
#[derive(Debug, Default)]
pub(crate) struct Fixed;

impl Storage for Fixed {
    type Rows<T> = Box<[T]>;
    type Bytes = Box<str>;
}

#[derive(Default)]
pub(crate) struct Tables<S: Storage = Fixed> {
    // Tables that evaluations read.
    pub(crate) heads: S::Rows<Head>,
    pub(crate) strategies: S::Rows<Strategy>,
    pub(crate) rules: S::Rows<Rule>,
    /// The first eight bytes of each text in `texts`, row for row.
    pub(crate) heads_of_texts: S::Rows<u64>,
    pub(crate) texts: S::Rows<Text>,
    /// The bytes of the texts in `texts`.
    pub(crate) text: S::Bytes,
    /// The slots of long lists, as rows of `listed_texts`.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) slots: S::Rows<u32>,
    /// The different texts of long lists. Features share them.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) listed_texts: S::Rows<ListedText>,
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) listed_bytes: S::Bytes,
    /// The bytes of all ids from which buckets are computed.
    pub(crate) hash_ids: S::Bytes,
    pub(crate) fields: S::Rows<Field>,
    pub(crate) boxed: S::Rows<Arc<BoxedPredicate>>,
    pub(crate) sources: S::Rows<Arc<[Field]>>,
    pub(crate) values: S::Rows<Value>,
    /// The intervals of buckets that strategies with [`Share::Within`] admit.
    #[cfg(feature = "featbit")]
    pub(crate) intervals: S::Rows<Interval>,
    /// The slots that rules on segments name, as rows of `segments`.
    #[cfg(feature = "first-row")]
    pub(crate) named_segments: S::Rows<u32>,
    /// The attributes that features read.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) names_read: NamesRead,
    /// The slots of segments. A ruleset may have other segments in these slots, and further slots; see [`View`].
    #[cfg(feature = "first-row")]
    pub(crate) segments: S::Rows<Slot>,
    #[cfg(feature = "featuresignals")]
    pub(crate) relations: Relations<S>,
    // Tables that are read mostly for results and explanations. `details` has one row for each row of `strategies`,
    // `keys`, `counts` and `features` have one per feature.
    pub(crate) names: Names<S>,
    pub(crate) details: S::Rows<StrategyDetail>,
    /// The keys, as ranges of bytes of the own texts of `names`, so that a search for a key reads no message.
    pub(crate) keys: S::Rows<Run>,
    pub(crate) counts: RowCounts<S>,
    pub(crate) features: S::Rows<PackedDetail>,
    // Tables of few features. A row has the position of its feature.
    /// All strategies in the payload's order, of a feature with strategies that evaluations do not walk.
    pub(crate) all_strategies: S::Rows<(u32, Run)>,
    pub(crate) far_ids: S::Rows<(u32, Run)>,
    pub(crate) far_versions: S::Rows<(u32, i64)>,
    pub(crate) diagnosed: S::Rows<(u32, Arc<[Diagnostic]>)>,
}

/// Tables with the segments of a ruleset. A ruleset changes a segment without a copy of the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) tables: &'a Tables,
    #[cfg(feature = "first-row")]
    pub(crate) segments: &'a [Slot],
}

impl<'a> View<'a> {
    /// Returns the view of tables with the segments with which they were compiled.
    #[inline]
    pub(crate) fn of(tables: &'a Tables) -> Self {
        Self {
            tables,
            #[cfg(feature = "first-row")]
            segments: &tables.segments,
        }
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = (0..self.heads.len()).map(|feature| self.key(feature));
        f.debug_list().entries(keys).finish()
    }
}

/// The part of a feature that every evaluation reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// The strategies that ordinary evaluations walk.
    pub(crate) strategies: Run,
    /// The id that is hashed after the percentage key, as a range of bytes of `hash_ids`. Empty if no strategy of the
    /// feature has a usable percentage.
    pub(crate) hash_id: Run,
    pub(crate) value: ValueAt,
    /// The name of the attribute that takes precedence over `userkey` as default percentage key.
    pub(crate) session: Name,
    pub(crate) mode: Mode,
    pub(crate) kind: Option<Kind>,
    pub(crate) encoding: Encoding,
    /// The reason of an evaluation that no strategy answers.
    pub(crate) default_reason: EvaluationReason,
}

impl Head {
    /// Returns the names of the attributes of which the first one that the context has is the default percentage key.
    pub(crate) fn key_names(&self) -> impl Iterator<Item = &'static str> {
        let [first, second] = match self.encoding {
            Encoding::Utf8 | Encoding::Server => [self.session.text(), Name::USER_KEY.text()],
            #[cfg(feature = "featbit")]
            Encoding::Md5 => [Some(attribute_names::KEY_ID), None],
            #[cfg(feature = "featuresignals")]
            Encoding::BasisPoints => [Some(attribute_names::KEY), None],
        };
        first.into_iter().chain(second)
    }
}

/// The way in which the evaluator walks the strategies of a feature, chosen by the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The feature has no strategies.
    Static,
    /// The strategies have at most one percentage key, so their cumulative limits are constants.
    OneKey,
    /// Like [`Mode::OneKey`], but the feature has so many rules that the evaluator caches the attributes.
    OneKeyManyRules,
    /// The strategies have several percentage keys. Keys that have the same text for a context share the sum of their
    /// stacked percentages.
    SeveralKeys,
    /// The strategies are rows, of which the first one that passes answers.
    #[cfg(feature = "first-row")]
    FirstRow,
    /// Like [`Mode::FirstRow`], but the feature has so many rules that the evaluator caches the attributes.
    #[cfg(feature = "first-row")]
    FirstRowManyRules,
}

/// The location of a feature's value: a row of the table `values`, or a constant for null and booleans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueAt(pub(crate) u32);

impl ValueAt {
    pub(crate) const NONE: Self = Self(u32::MAX);
    pub(crate) const FALSE: Self = Self(u32::MAX - 1);
    pub(crate) const TRUE: Self = Self(u32::MAX - 2);

    /// Returns the location of the row that is `distance` rows further. Constants have no rows after them.
    #[cfg(feature = "featbit")]
    pub(crate) fn after(self, distance: u32) -> Self {
        if self.0 >= Self::TRUE.0 { Self::NONE } else { Self(self.0.wrapping_add(distance)) }
    }

    pub(crate) fn shifted(self, by: u32) -> Self {
        if self.0 >= Self::TRUE.0 { self } else { Self(self.0.wrapping_add(by)) }
    }
}

/// The kind of percentage of a strategy, which decides how the strategy's limit is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// The strategy has no percentage, or a percentage of 0 that counts as none.
    None,
    /// The strategy has a percentage and no rules. Its limit is the sum of its own percentage and of the percentages of
    /// earlier strategies of this kind with the same percentage key.
    Stacked,
    /// The strategy has a percentage and rules. Its limit is its percentage alone.
    Alone,
    /// The strategy never matches, for example because its percentage could not be read, because a member is probably
    /// misspelt, or because the strategy has a percentage and its feature has no id to hash.
    Unusable,
    /// The strategy admits every bucket. `limit` is the row of its interval, which says if an exposure counts.
    #[cfg(feature = "featbit")]
    Whole,
    /// The strategy admits the buckets of an interval, whose row is `limit`.
    #[cfg(feature = "featbit")]
    Within,
    /// The strategy admits the buckets below `limit`, in basis points.
    #[cfg(feature = "featuresignals")]
    Below,
    /// The strategy answers after a time, whose row is `limit`.
    #[cfg(feature = "featuresignals")]
    Expired,
    /// The strategy answers if another flag of the group has the subject. `limit` is the row of the membership.
    #[cfg(feature = "featuresignals")]
    LostGroup,
    /// The strategy answers if one of the prerequisites fails. `limit` is their row.
    #[cfg(feature = "featuresignals")]
    FailedPrerequisite,
}

/// A closed interval of buckets, which are doubles from 0 to 1.
#[cfg(feature = "featbit")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// The largest bucket of a second hash with which an exposure counts for experiments; 0 if none counts.
    pub(crate) exposure: f64,
}

/// The place of a segment, which rules name.
#[cfg(feature = "first-row")]
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) id: Arc<str>,
    /// The segment as a feature of its own, whose value is true for its members; `None` if there is no such segment.
    pub(crate) segment: Option<Arc<Tables>>,
}

/// The part of a strategy that evaluations read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strategy {
    /// The largest bucket that the strategy admits, from −1 (no bucket) to 1,000,000. Used only for strategies with a
    /// percentage, in features with one percentage key.
    pub(crate) limit: i32,
    pub(crate) rules: Run,
    pub(crate) value: ValueAt,
    /// The attributes of the percentage key: 0 for the default percentage key, otherwise a row of `sources`, counted
    /// from 1.
    pub(crate) source: u32,
    pub(crate) share: Share,
    /// The reason of evaluations that the strategy answers.
    pub(crate) reason: EvaluationReason,
}

/// The part of a strategy that few evaluations read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StrategyDetail {
    pub(crate) id: Option<NameRun>,
    /// The name of the rule from which the row comes.
    #[cfg(feature = "first-row")]
    pub(crate) name: Option<NameRun>,
    /// The id of the value among the values of the flag.
    #[cfg(feature = "first-row")]
    pub(crate) variant: Option<NameRun>,
    /// The way in which reads of a type read the value.
    #[cfg(feature = "first-row")]
    pub(crate) typing: Typing,
    /// The payload's percentage, clamped to 64 bits. Meaningful only if the strategy's `share` is [`Share::Stacked`] or
    /// [`Share::Alone`].
    pub(crate) percentage: i64,
    /// Position of the strategy in the payload's list, from 0; [`NO_POSITION`] for a row that is in no list.
    pub(crate) position: u32,
}

/// The place of a name. An `Option` of it takes no further memory, so that the rows of details stay small.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameRun {
    at: u32,
    len_plus_one: NonZeroU32,
}

impl From<Run> for NameRun {
    fn from(Run { at, len }: Run) -> Self {
        Self { at, len_plus_one: NonZeroU32::MIN.saturating_add(len) }
    }
}

impl NameRun {
    const fn run(self) -> Run {
        Run { at: self.at, len: self.len_plus_one.get() - 1 }
    }

    pub(crate) fn text<S: Storage>(self, names: &Names<S>) -> &str {
        names.text(self.run())
    }

    pub(crate) const fn moved(self, by: &MovedNames) -> Self {
        Self { at: by.moved(self.run()).at, ..self }
    }
}

/// The way in which reads of a type read a value.
#[cfg(feature = "first-row")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typing {
    /// The value has the type of its feature.
    OfFeature,
    /// The value is a text, which reads of other types convert (FeatBit).
    #[cfg(feature = "featbit")]
    Text,
    /// The value has a type of its own (FeatureSignals).
    #[cfg(feature = "featuresignals")]
    Own,
}

/// The position of a row that comes from no list of the payload.
#[cfg(feature = "first-row")]
pub(crate) const NO_POSITION: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) predicate: Predicate,
    pub(crate) field: u32,
}

/// An attribute that rules or percentage keys read.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) text: Arc<str>,
    pub(crate) reading: Reading,
}

/// The way in which rules read an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The rule holds if any of the attribute's values passes.
    Plain,
    /// The rule tests only the attribute's first value. FeatureHub's server matches this value or raises an error on it,
    /// and never reads the next value (profile `edge`).
    FirstOnly,
    /// If the attribute is missing, the rule tests the current date in UTC.
    Date,
    /// If the attribute is missing, the rule tests the current time in UTC, written with `Z` at the end.
    Instant,
    /// If the attribute is missing, the rule tests the current time in UTC, written without an offset as on
    /// FeatureHub's server.
    Local,
    /// The rule tests the attribute's value, and holds if the attribute is missing.
    #[cfg(feature = "first-row")]
    HoldsIfMissing,
    /// The rule tests the attribute's value as a double. A cache of attributes keeps the double.
    #[cfg(feature = "first-row")]
    Double(Grammar),
}

impl Reading {
    /// Returns the way in which a rule with this predicate reads its attribute. `if_missing` is the result without the attribute.
    #[cfg(feature = "first-row")]
    pub(crate) const fn of_rule(predicate: Predicate, if_missing: bool) -> Self {
        match predicate {
            Predicate::Double(_, grammar, _) => Self::Double(grammar),
            _ if if_missing => Self::HoldsIfMissing,
            _ => Self::Plain,
        }
    }

    /// Returns true if the rule holds when the attribute is missing, whatever its predicate is.
    #[inline]
    pub(crate) const fn holds_if_missing(self) -> bool {
        #[cfg(feature = "first-row")]
        return matches!(self, Self::HoldsIfMissing);
        #[cfg(not(feature = "first-row"))]
        false
    }

    /// Returns true if the rule reads the clock when the attribute is missing.
    pub(crate) const fn is_clock(self) -> bool {
        matches!(self, Self::Date | Self::Instant | Self::Local)
    }
}

// Evaluations read these rows from front to back, so each byte of them costs time.
const _: () = assert!(size_of::<Strategy>() == 24);
const _: () = assert!(size_of::<Head>() == 28);
const _: () = assert!(size_of::<Rule>() == 16);

static TRUE: Value = Value::Bool(true);
static FALSE: Value = Value::Bool(false);

impl<S: Storage> Tables<S> {
    pub(crate) fn value(&self, at: ValueAt) -> Option<&Value> {
        match at {
            ValueAt::NONE => None,
            ValueAt::FALSE => Some(&FALSE),
            ValueAt::TRUE => Some(&TRUE),
            ValueAt(row) => self.values.get(row as usize),
        }
    }

    pub(crate) fn key(&self, feature: usize) -> &str {
        self.keys.get(feature).map_or("", |key| key.text(&self.names.own))
    }

    /// Returns all strategies of the feature at the position `feature` in the payload's order, including those that cannot match.
    pub(crate) fn all_strategies(&self, feature: usize) -> Run {
        let walked = || self.heads.get(feature).map(|head| head.strategies);
        let all = detail::of_feature(&self.all_strategies, feature).copied();
        all.or_else(walked).unwrap_or_default()
    }

    /// Returns the diagnostics of the feature at the position `feature`.
    pub(crate) fn diagnostics(&self, feature: usize) -> &[Diagnostic] {
        detail::of_feature(&self.diagnosed, feature).map_or(&[], |diagnostics| diagnostics)
    }

    /// Returns true if the feature at the position `feature` has the key `key`.
    #[inline]
    pub(crate) fn has_key(&self, feature: usize, key: &str) -> bool {
        self.keys
            .get(feature)
            .is_some_and(|known| same(known.of(self.names.own.as_bytes()), key.as_bytes()))
    }

    pub(crate) fn ends(&self) -> Starts {
        Starts {
            strategies: self.strategies.len() as u32,
            rules: self.rules.len() as u32,
            texts: self.texts.len() as u32,
            text: self.text.len() as u32,
            #[cfg(not(target_arch = "wasm32"))]
            slots: self.slots.len() as u32,
            hash_ids: self.hash_ids.len() as u32,
            names: self.names.own.len() as u32,
            boxed: self.boxed.len() as u32,
            sources: self.sources.len() as u32,
            values: self.values.len() as u32,
            #[cfg(feature = "featbit")]
            intervals: self.intervals.len() as u32,
            #[cfg(feature = "first-row")]
            named_segments: self.named_segments.len() as u32,
            #[cfg(feature = "featuresignals")]
            relations: self.relations.ends(),
        }
    }

    pub(crate) fn starts(&self, feature: usize) -> Starts {
        self.counts.start(feature).unwrap_or_else(|| self.ends())
    }
}
