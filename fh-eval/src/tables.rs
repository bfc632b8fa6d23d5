//! The storage of compiled features: flat rows, feature after feature. Evaluating all features therefore reads memory
//! from front to back, without following a pointer for each feature (D-48). A single compiled feature is stored in the
//! same tables, with one row of heads.

use std::collections::HashMap;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::attributes::{Name, same};
use crate::bucket::Encoding;
use crate::diagnostic::Diagnostic;
use crate::hashing::Hashing;
use crate::predicate::{BoxedPredicate, Moves, Predicate, Run, Text};
use crate::reason::EvaluationReason;
use crate::value::{Kind, Value};

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

/// Rows that do not change any more. Copies of the tables share them.
#[derive(Debug, Default)]
pub(crate) struct Shared;

impl Storage for Shared {
    type Rows<T> = Arc<[T]>;
    type Bytes = Arc<str>;
}

#[derive(Default)]
pub(crate) struct Tables<S: Storage = Shared> {
    // Tables that evaluations read.
    pub(crate) heads: S::Rows<Head>,
    pub(crate) strategies: S::Rows<Strategy>,
    pub(crate) rules: S::Rows<Rule>,
    /// The first eight bytes of each text in `texts`, row for row.
    pub(crate) heads_of_texts: S::Rows<u64>,
    pub(crate) texts: S::Rows<Text>,
    /// The bytes of the texts in `texts`.
    pub(crate) text: S::Bytes,
    /// The bytes of all ids from which buckets are computed.
    pub(crate) hash_ids: S::Bytes,
    pub(crate) fields: S::Rows<Field>,
    pub(crate) boxed: S::Rows<Arc<BoxedPredicate>>,
    pub(crate) sources: S::Rows<Arc<[Field]>>,
    pub(crate) values: S::Rows<Value>,
    /// The intervals of buckets that strategies with [`Share::Within`] admit.
    #[cfg(feature = "first-row")]
    pub(crate) intervals: S::Rows<Interval>,
    /// The slots that rules on segments name, as rows of `segments`.
    #[cfg(feature = "first-row")]
    pub(crate) named_segments: S::Rows<u32>,
    /// The segments of the ruleset. Features share them.
    #[cfg(feature = "first-row")]
    pub(crate) segments: S::Rows<Slot>,
    // Tables that are read mostly for results and explanations. `details` has one row for each row of `strategies`,
    // `spans` and `features` have one per feature.
    /// The bytes of all feature keys and strategy ids.
    pub(crate) names: S::Bytes,
    pub(crate) details: S::Rows<StrategyDetail>,
    pub(crate) spans: S::Rows<Spans>,
    pub(crate) features: S::Rows<Arc<FeatureDetail>>,
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
pub(crate) struct ValueAt(u32);

impl ValueAt {
    pub(crate) const NONE: Self = Self(u32::MAX);
    pub(crate) const FALSE: Self = Self(u32::MAX - 1);
    pub(crate) const TRUE: Self = Self(u32::MAX - 2);

    /// Returns the location of the row that is `distance` rows further. Constants have no rows after them.
    #[cfg(feature = "featbit")]
    pub(crate) fn after(self, distance: u32) -> Self {
        if self.0 >= Self::TRUE.0 { Self::NONE } else { Self(self.0.wrapping_add(distance)) }
    }

    fn shifted(self, by: u32) -> Self {
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
    #[cfg(feature = "first-row")]
    Whole,
    /// The strategy admits the buckets of an interval, whose row is `limit`.
    #[cfg(feature = "first-row")]
    Within,
}

/// A closed interval of buckets, which are doubles from 0 to 1.
#[cfg(feature = "first-row")]
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
    pub(crate) id: Option<Run>,
    /// The name of the rule from which the row comes.
    #[cfg(feature = "first-row")]
    pub(crate) name: Option<Run>,
    /// The id of the value among the values of the flag.
    #[cfg(feature = "first-row")]
    pub(crate) variant: Option<Run>,
    /// True if the value is a text, which reads of other types convert.
    #[cfg(feature = "featbit")]
    pub(crate) is_text: bool,
    /// The payload's percentage, clamped to 64 bits. Meaningful only if the strategy's `share` is [`Share::Stacked`] or
    /// [`Share::Alone`].
    pub(crate) percentage: i64,
    /// Position of the strategy in the payload's list, from 0; [`NO_POSITION`] for a row that is in no list.
    pub(crate) position: u32,
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
    /// If the attribute is missing, the rule tests the current date in UTC (evaluation 2.6, step 2).
    Date,
    /// If the attribute is missing, the rule tests the current time in UTC, written with `Z` at the end.
    Instant,
    /// If the attribute is missing, the rule tests the current time in UTC, written without an offset as on
    /// FeatureHub's server.
    Local,
    /// The rule tests the attribute's value, and holds if the attribute is missing.
    #[cfg(feature = "first-row")]
    HoldsIfMissing,
}

impl Reading {
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

/// The rows that belong to one feature.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spans {
    /// The first row or byte of the feature in each table in which features have rows or bytes of their own.
    start: Starts,
    pub(crate) key: Run,
    /// All strategies in the payload's order, including those that cannot match.
    pub(crate) all_strategies: Run,
}

#[derive(Debug, Clone, Copy, Default)]
struct Starts {
    strategies: u32,
    rules: u32,
    texts: u32,
    text: u32,
    hash_ids: u32,
    names: u32,
    boxed: u32,
    sources: u32,
    values: u32,
    #[cfg(feature = "first-row")]
    intervals: u32,
    #[cfg(feature = "first-row")]
    named_segments: u32,
}

/// The part of a feature that evaluations do not read.
#[derive(Debug)]
pub(crate) struct FeatureDetail {
    #[cfg(feature = "explain")]
    pub(crate) key: Box<str>,
    pub(crate) id: Option<Box<str>>,
    pub(crate) version: i64,
    pub(crate) locked: bool,
    /// The JSON text from which the feature was compiled.
    pub(crate) json: Arc<str>,
    pub(crate) diagnostics: Box<[Diagnostic]>,
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
        self.spans.get(feature).map_or("", |spans| spans.key.text(&self.names))
    }

    /// Returns true if the feature at the position `feature` has the key `key`.
    #[inline]
    pub(crate) fn has_key(&self, feature: usize, key: &str) -> bool {
        self.spans.get(feature).is_some_and(|spans| {
            let known = spans.key.of(self.names.as_bytes());
            same(known, key.as_bytes())
        })
    }

    fn ends(&self) -> Starts {
        Starts {
            strategies: self.strategies.len() as u32,
            rules: self.rules.len() as u32,
            texts: self.texts.len() as u32,
            text: self.text.len() as u32,
            hash_ids: self.hash_ids.len() as u32,
            names: self.names.len() as u32,
            boxed: self.boxed.len() as u32,
            sources: self.sources.len() as u32,
            values: self.values.len() as u32,
            #[cfg(feature = "first-row")]
            intervals: self.intervals.len() as u32,
            #[cfg(feature = "first-row")]
            named_segments: self.named_segments.len() as u32,
        }
    }

    fn starts(&self, feature: usize) -> Starts {
        self.spans.get(feature).map_or_else(|| self.ends(), |spans| spans.start)
    }
}

impl Tables {
    /// Returns the tables without the features at `positions`, which must be in ascending order.
    pub(crate) fn without(&self, positions: impl IntoIterator<Item = usize>) -> Self {
        let mut writer = Writer::default();
        #[cfg(feature = "first-row")]
        writer.take_segments(self);
        let mut from = 0;
        for position in positions {
            writer.copy(self, from..position);
            from = position + 1;
        }
        writer.copy(self, from..self.heads.len());
        writer.finish()
    }
}

#[cfg(feature = "first-row")]
impl Tables {
    /// Returns these tables with another segment in a slot. All rows are shared.
    pub(crate) fn with_segment(&self, id: &str, segment: Option<Arc<Self>>) -> Self {
        let mut slots = self.segments.to_vec();
        match slots.iter_mut().find(|slot| &*slot.id == id) {
            Some(slot) => slot.segment = segment,
            None => slots.push(Slot { id: id.into(), segment }),
        }
        Self {
            heads: Arc::clone(&self.heads),
            strategies: Arc::clone(&self.strategies),
            rules: Arc::clone(&self.rules),
            heads_of_texts: Arc::clone(&self.heads_of_texts),
            texts: Arc::clone(&self.texts),
            text: Arc::clone(&self.text),
            hash_ids: Arc::clone(&self.hash_ids),
            fields: Arc::clone(&self.fields),
            boxed: Arc::clone(&self.boxed),
            sources: Arc::clone(&self.sources),
            values: Arc::clone(&self.values),
            intervals: Arc::clone(&self.intervals),
            named_segments: Arc::clone(&self.named_segments),
            segments: slots.into(),
            names: Arc::clone(&self.names),
            details: Arc::clone(&self.details),
            spans: Arc::clone(&self.spans),
            features: Arc::clone(&self.features),
        }
    }
}

/// The rows of `fields` by the name of the field. A field has one row for each way in which rules read it, and nearly
/// always only one row.
type FieldRows = HashMap<Box<str>, SmallVec<[(Reading, u32); 1]>, Hashing>;

/// A writer that appends rows to tables. Rules that read the same field in the same way share a row of `fields`.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) tables: Tables<Growing>,
    fields: FieldRows,
    start: Starts,
}

impl Writer {
    /// Begins the next feature. Rows that are added after this call belong to this feature.
    pub(crate) fn begin(&mut self) {
        self.start = self.tables.ends();
    }

    /// Ends the feature that began with [`Self::begin`], and stores the feature's head, key, strategies and detail.
    pub(crate) fn end(&mut self, head: Head, key: Run, all_strategies: Run, detail: FeatureDetail) {
        self.tables.heads.push(head);
        self.tables.spans.push(Spans { start: self.start, key, all_strategies });
        self.tables.features.push(Arc::new(detail));
    }

    /// Removes the rows of the feature that began with [`Self::begin`]. Rows of `fields` stay, because other features may
    /// share them.
    pub(crate) fn discard(&mut self) {
        let Self { tables, start, .. } = self;
        tables.strategies.truncate(start.strategies as usize);
        tables.details.truncate(start.strategies as usize);
        tables.rules.truncate(start.rules as usize);
        tables.texts.truncate(start.texts as usize);
        tables.heads_of_texts.truncate(start.texts as usize);
        tables.text.truncate(start.text as usize);
        tables.hash_ids.truncate(start.hash_ids as usize);
        tables.names.truncate(start.names as usize);
        tables.boxed.truncate(start.boxed as usize);
        tables.sources.truncate(start.sources as usize);
        tables.values.truncate(start.values as usize);
        #[cfg(feature = "first-row")]
        tables.intervals.truncate(start.intervals as usize);
        #[cfg(feature = "first-row")]
        tables.named_segments.truncate(start.named_segments as usize);
    }

    /// Stores a text of a rule, and returns its range of bytes.
    pub(crate) fn text(&mut self, text: &str) -> Run {
        append(&mut self.tables.text, text)
    }

    /// Stores a feature's key or a strategy's id, and returns its range of bytes.
    pub(crate) fn name(&mut self, name: &str) -> Run {
        append(&mut self.tables.names, name)
    }

    /// Stores an id from which buckets are computed, and returns its range of bytes.
    pub(crate) fn hash_id(&mut self, id: &str) -> Run {
        append(&mut self.tables.hash_ids, id)
    }

    pub(crate) fn value(&mut self, value: Value) -> ValueAt {
        match value {
            Value::Bool(true) => ValueAt::TRUE,
            Value::Bool(false) => ValueAt::FALSE,
            value => {
                self.tables.values.push(value);
                ValueAt(self.tables.values.len() as u32 - 1)
            }
        }
    }

    pub(crate) fn boxed(&mut self, boxed: BoxedPredicate) -> Predicate {
        self.tables.boxed.push(Arc::new(boxed));
        Predicate::Boxed(self.tables.boxed.len() as u32 - 1)
    }

    pub(crate) fn source(&mut self, fields: Arc<[Field]>) -> u32 {
        self.tables.sources.push(fields);
        self.tables.sources.len() as u32
    }

    /// Returns the row of the field with this name and this reading. If there is no such row, it is added.
    pub(crate) fn field(&mut self, name: &str, reading: Reading) -> u32 {
        if let Some(rows) = self.fields.get(name)
            && let Some((_, row)) = rows.iter().find(|(known, _)| *known == reading)
        {
            return *row;
        }
        let row = self.tables.fields.len() as u32;
        self.tables.fields.push(Field { name: Name::of(name), text: name.into(), reading });
        self.fields.entry(name.into()).or_default().push((reading, row));
        row
    }

    /// Appends the features at the positions `range` of other tables. Rows refer to each other by position, so each
    /// reference is shifted by the distance between the old and the new position of its row. References to fields are
    /// looked up by name.
    pub(crate) fn copy(&mut self, from: &Tables, range: Range<usize>) {
        let (start, end) = (from.starts(range.start), from.starts(range.end));
        let here = self.tables.ends();
        let mut fields: Vec<Option<u32>> = vec![None; from.fields.len()];
        let rules = rows(&from.rules, start.rules, end.rules);
        let mut copied = Vec::with_capacity(rules.len());
        for rule in rules {
            let field = match fields.get(rule.field as usize).copied().flatten() {
                Some(field) => field,
                None => {
                    let field = from.fields.get(rule.field as usize);
                    let row = field.map_or(0, |field| self.field(&field.text, field.reading));
                    if let Some(slot) = fields.get_mut(rule.field as usize) {
                        *slot = Some(row);
                    }
                    row
                }
            };
            let predicate = rule.predicate.moved(&Moves {
                texts: here.texts.wrapping_sub(start.texts),
                boxed: here.boxed.wrapping_sub(start.boxed),
                #[cfg(feature = "first-row")]
                named_segments: here.named_segments.wrapping_sub(start.named_segments),
            });
            copied.push(Rule { predicate, field });
        }
        let tables = &mut self.tables;
        tables.rules.append(&mut copied);
        let by = here.text.wrapping_sub(start.text);
        tables.text.push_str(part(&from.text, start.text, end.text));
        tables.hash_ids.push_str(part(&from.hash_ids, start.hash_ids, end.hash_ids));
        tables.names.push_str(part(&from.names, start.names, end.names));
        let names = here.names.wrapping_sub(start.names);
        let hash_ids = here.hash_ids.wrapping_sub(start.hash_ids);
        let texts = rows(&from.texts, start.texts, end.texts);
        tables
            .texts
            .extend(texts.iter().map(|text| Text { at: text.at.wrapping_add(by), ..*text }));
        let heads = rows(&from.heads_of_texts, start.texts, end.texts);
        tables.heads_of_texts.extend_from_slice(heads);
        let details = rows(&from.details, start.strategies, end.strategies);
        tables.details.extend(details.iter().map(|detail| StrategyDetail {
            id: detail.id.map(|id| id.shifted(names)),
            #[cfg(feature = "first-row")]
            name: detail.name.map(|name| name.shifted(names)),
            #[cfg(feature = "first-row")]
            variant: detail.variant.map(|variant| variant.shifted(names)),
            ..*detail
        }));
        let (values, sources) =
            (here.values.wrapping_sub(start.values), here.sources.wrapping_sub(start.sources));
        #[cfg(feature = "first-row")]
        let intervals = here.intervals.wrapping_sub(start.intervals);
        let strategies = rows(&from.strategies, start.strategies, end.strategies);
        tables.strategies.extend(strategies.iter().map(|strategy| Strategy {
            rules: strategy.rules.shifted(here.rules.wrapping_sub(start.rules)),
            value: strategy.value.shifted(values),
            #[cfg(feature = "first-row")]
            limit: match strategy.share {
                Share::Whole | Share::Within => strategy.limit.wrapping_add_unsigned(intervals),
                _ => strategy.limit,
            },
            source: if strategy.source == 0 { 0 } else { strategy.source.wrapping_add(sources) },
            ..*strategy
        }));
        tables.values.extend_from_slice(rows(&from.values, start.values, end.values));
        tables.boxed.extend_from_slice(rows(&from.boxed, start.boxed, end.boxed));
        tables.sources.extend_from_slice(rows(&from.sources, start.sources, end.sources));
        #[cfg(feature = "first-row")]
        tables.intervals.extend_from_slice(rows(&from.intervals, start.intervals, end.intervals));
        #[cfg(feature = "first-row")]
        self.copy_named_segments(
            rows(&from.named_segments, start.named_segments, end.named_segments),
            from,
        );
        let tables = &mut self.tables;
        let moved = here.strategies.wrapping_sub(start.strategies);
        let heads = from.heads.get(range.clone()).unwrap_or_default();
        tables.heads.extend(heads.iter().map(|head| Head {
            strategies: head.strategies.shifted(moved),
            hash_id: head.hash_id.shifted(hash_ids),
            value: head.value.shifted(values),
            ..*head
        }));
        let spans = from.spans.get(range.clone()).unwrap_or_default();
        tables.spans.extend(spans.iter().map(|spans| Spans {
            start: spans.start.moved(start, here),
            key: spans.key.shifted(names),
            all_strategies: spans.all_strategies.shifted(moved),
        }));
        tables.features.extend_from_slice(from.features.get(range).unwrap_or_default());
    }

    /// Takes the segments of other tables over, which have none of these yet.
    #[cfg(feature = "first-row")]
    pub(crate) fn take_segments(&mut self, from: &Tables) {
        self.tables.segments.extend_from_slice(&from.segments);
    }

    /// Returns the row of the slot with this id. If there is no such slot, an empty one is added.
    #[cfg(feature = "first-row")]
    pub(crate) fn slot(&mut self, id: &str) -> u32 {
        let segments = &mut self.tables.segments;
        let known = segments.iter().position(|slot| &*slot.id == id);
        known.unwrap_or_else(|| {
            segments.push(Slot { id: id.into(), segment: None });
            segments.len() - 1
        }) as u32
    }

    /// Appends names of segments. Segments are found by their ids.
    #[cfg(feature = "first-row")]
    fn copy_named_segments(&mut self, named: &[u32], from: &Tables) {
        for row in named {
            let id = from.segments.get(*row as usize).map(|slot| Arc::clone(&slot.id));
            let slot = self.slot(id.as_deref().unwrap_or_default());
            self.tables.named_segments.push(slot);
        }
    }

    /// Returns the finished tables.
    pub(crate) fn finish(self) -> Tables {
        let tables = self.tables;
        Tables {
            heads: tables.heads.into(),
            strategies: tables.strategies.into(),
            rules: tables.rules.into(),
            heads_of_texts: tables.heads_of_texts.into(),
            texts: tables.texts.into(),
            text: tables.text.into(),
            hash_ids: tables.hash_ids.into(),
            fields: tables.fields.into(),
            boxed: tables.boxed.into(),
            sources: tables.sources.into(),
            values: tables.values.into(),
            #[cfg(feature = "first-row")]
            intervals: tables.intervals.into(),
            #[cfg(feature = "first-row")]
            named_segments: tables.named_segments.into(),
            #[cfg(feature = "first-row")]
            segments: tables.segments.into(),
            names: tables.names.into(),
            details: tables.details.into(),
            spans: tables.spans.into(),
            features: tables.features.into(),
        }
    }
}

fn append(pool: &mut String, text: &str) -> Run {
    let at = pool.len() as u32;
    pool.push_str(text);
    Run { at, len: text.len() as u32 }
}

fn part(pool: &str, start: u32, end: u32) -> &str {
    pool.get(start as usize..end as usize).unwrap_or_default()
}

fn rows<T>(table: &[T], start: u32, end: u32) -> &[T] {
    table.get(start as usize..end as usize).unwrap_or_default()
}

impl Starts {
    fn moved(self, from: Self, to: Self) -> Self {
        let moved = |at: u32, from: u32, to: u32| at.wrapping_sub(from).wrapping_add(to);
        Self {
            strategies: moved(self.strategies, from.strategies, to.strategies),
            rules: moved(self.rules, from.rules, to.rules),
            texts: moved(self.texts, from.texts, to.texts),
            text: moved(self.text, from.text, to.text),
            hash_ids: moved(self.hash_ids, from.hash_ids, to.hash_ids),
            names: moved(self.names, from.names, to.names),
            boxed: moved(self.boxed, from.boxed, to.boxed),
            sources: moved(self.sources, from.sources, to.sources),
            values: moved(self.values, from.values, to.values),
            #[cfg(feature = "first-row")]
            intervals: moved(self.intervals, from.intervals, to.intervals),
            #[cfg(feature = "first-row")]
            named_segments: moved(self.named_segments, from.named_segments, to.named_segments),
        }
    }
}
