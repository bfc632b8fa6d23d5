//! The evaluator. Ordinary evaluations and explanations both run this code.

mod percentage;

#[cfg(feature = "featuresignals")]
use std::sync::LazyLock;

use crate::attributes::{Attributes, Name, Supplied};
#[cfg(feature = "featuresignals")]
use crate::bucket::Encoding;
use crate::bucket::Murmur3;
use crate::clock::Clock;
#[cfg(not(target_arch = "wasm32"))]
use crate::predicate::TextTest;
#[cfg(feature = "first-row")]
use crate::predicate::{Grammar, compare_doubles};
use crate::predicate::{Predicate, Run, compare_packed, join};
#[cfg(not(target_arch = "wasm32"))]
use crate::spread_list::is_in_spread;
use crate::subject::Subject;
#[cfg(feature = "first-row")]
use crate::tables::Slot;
use crate::tables::{Head, Mode, Reading, Rule, Share, Strategy, Tables, View};
use crate::text::version::pack;
use crate::text_list::{ends_with, is_in};
use crate::trace::Tracer;

/// A cache for evaluations of one subject: up to `N` attributes, and the default percentage key. Nothing is cached if
/// `N` is 0.
pub(crate) struct Memory<'a, const N: usize> {
    attributes: [Remembered<'a>; N],
    key: Option<DefaultKey<'a>>,
}

/// An attribute of the subject, with the data that rules read.
#[derive(Clone, Copy)]
struct Remembered<'a> {
    field: u32,
    count: Count,
    /// The first value of the attribute, or an empty text if the attribute is missing. If `count` is [`Count::One`], a
    /// rule tests only this value.
    only: Supplied<'a>,
    /// The first value as a packed version, or as the bits of a double if rules read one. `None` if the value cannot be packed or the
    /// attribute is not cached.
    packed: Option<u64>,
}

/// The number of an attribute's values that a rule tests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    None,
    One,
    Several,
}

impl Remembered<'_> {
    const NOTHING: Self =
        Self { field: u32::MAX, count: Count::None, only: Supplied::EMPTY, packed: None };
}

/// The default percentage key, and a hasher that has read the key. `key` is `None` if the context has neither the
/// attribute that `session` names nor a user key.
#[derive(Clone, Copy)]
struct DefaultKey<'a> {
    session: Name,
    key: Option<(&'a str, Murmur3)>,
}

impl<const N: usize> Memory<'_, N> {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { attributes: [Remembered::NOTHING; N], key: None }
    }
}

impl<'a, const N: usize> Memory<'a, N> {
    /// Stores the only value of an attribute in advance, with its packed version, for the rules that read the row `field` of the
    /// table of fields.
    #[inline]
    pub(crate) fn remember(&mut self, field: u32, only: Supplied<'a>, packed: Option<u64>) {
        if let Some(slot) = self.attributes.get_mut(field as usize % N.max(1)) {
            *slot = Remembered { field, count: Count::One, only, packed };
        }
    }
}

/// Returns the row of the first strategy that matches, or `None` if no strategy matches or the subject has no context.
#[inline]
pub(crate) fn evaluate<'a, C: Clock, T: Tracer, const N: usize>(
    view: View<'a>,
    head: &Head,
    strategies: Run,
    subject: &Subject<'a, C>,
    memory: &mut Memory<'a, N>,
    tracer: &mut T,
) -> Option<u32> {
    let Some(attributes) = subject.attributes else {
        #[cfg(feature = "featuresignals")]
        return without_context(view, head, strategies, &subject.clock, memory, tracer);
        #[cfg(not(feature = "featuresignals"))]
        return None;
    };
    if strategies.len == 0 {
        return None;
    }
    let mut evaluator = Evaluator {
        tables: view.tables,
        #[cfg(feature = "first-row")]
        segments: view.segments,
        head,
        attributes,
        clock: &subject.clock,
        memory,
        tracer,
    };
    // Most features have one key. The ways of the others are behind one branch, so that those features do not pay for them.
    #[cfg(feature = "first-row")]
    if head.mode as u8 > Mode::OneKeyManyRules as u8 {
        return evaluator.rarer(strategies);
    }
    #[cfg(not(feature = "first-row"))]
    if head.mode == Mode::SeveralKeys {
        return evaluator.several_keys(strategies);
    }
    evaluator.one_key(strategies)
}

/// Evaluates a feature for a subject without a context. FeatureSignals evaluates flags for an empty key.
#[cfg(feature = "featuresignals")]
#[cold]
#[inline(never)]
fn without_context<'a, C: Clock, T: Tracer, const N: usize>(
    view: View<'a>,
    head: &Head,
    strategies: Run,
    clock: &C,
    memory: &mut Memory<'a, N>,
    tracer: &mut T,
) -> Option<u32> {
    static EMPTY: LazyLock<Attributes> = LazyLock::new(Attributes::default);
    if head.encoding != Encoding::BasisPoints {
        return None;
    }
    let (tables, segments) = (view.tables, view.segments);
    let mut evaluator =
        Evaluator { tables, segments, head, attributes: &EMPTY, clock, memory, tracer };
    evaluator.rows(strategies)
}

pub(crate) struct Evaluator<'a, 'm, C, T, const N: usize> {
    pub(crate) tables: &'a Tables,
    #[cfg(feature = "first-row")]
    pub(crate) segments: &'a [Slot],
    pub(crate) head: &'m Head,
    pub(crate) attributes: &'a Attributes,
    pub(crate) clock: &'m C,
    pub(crate) memory: &'m mut Memory<'a, N>,
    pub(crate) tracer: &'m mut T,
}

/// The result of the rules of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A rule does not hold.
    Fails,
    /// All rules hold.
    Holds,
    /// A rule cannot be evaluated.
    #[cfg(feature = "first-row")]
    Malformed,
}

impl<'a, C: Clock, T: Tracer, const N: usize> Evaluator<'a, '_, C, T, N> {
    /// Evaluates strategies in another way than those with at most one percentage key.
    #[cfg(feature = "first-row")]
    #[inline(never)]
    fn rarer(&mut self, run: Run) -> Option<u32> {
        #[cfg(feature = "featuresignals")]
        if !T::WALKS_ALL
            && self.head.encoding == Encoding::BasisPoints
            && let Some(first) = self.tables.strategies.get(run.at as usize)
            && (first.rules.is_empty(), first.share) == (true, Share::None)
        {
            // The first row answers in any case, such as that of a flag without rules.
            return Some(run.at);
        }
        match self.head.mode {
            Mode::FirstRow | Mode::FirstRowManyRules => self.rows(run),
            _ => self.several_keys(run),
        }
    }

    /// Evaluates strategies that have at most one percentage key, and returns the row of the first match, or `None`.
    /// The limits of these strategies are constants, and the same bucket is compared with all of them.
    #[inline]
    fn one_key(&mut self, run: Run) -> Option<u32> {
        let mut drawn = None;
        for (row, strategy) in (run.at..).zip(run.of(&self.tables.strategies)) {
            self.tracer.strategy(row);
            if matches!(strategy.share, Share::Stacked | Share::Alone) {
                let bucket = match drawn {
                    Some(bucket) => bucket,
                    None => {
                        let bucket = self.bucket(strategy.source);
                        drawn = Some(bucket);
                        bucket
                    }
                };
                let Some(bucket) = bucket else {
                    self.tracer.no_key();
                    continue;
                };
                self.tracer.bucket(bucket, i64::from(strategy.limit));
                if i64::from(bucket) > i64::from(strategy.limit) {
                    continue;
                }
            } else if !self.can_match(strategy) {
                continue;
            }
            if self.rules_hold(strategy.rules) {
                self.tracer.matched();
                return Some(row);
            }
        }
        None
    }

    /// Returns true if a strategy without a percentage is usable and has rules. Ordinary evaluations do not walk
    /// strategies for which this function returns false; explanations walk all strategies.
    #[inline]
    fn can_match(&mut self, strategy: &Strategy) -> bool {
        if strategy.share == Share::Unusable {
            self.tracer.unusable();
        }
        strategy.share == Share::None && strategy.rules.len > 0
    }

    #[inline(always)]
    fn rules_hold(&mut self, run: Run) -> bool {
        self.judge::<false>(run) == Verdict::Holds
    }

    /// Evaluates rules in their order until one of them does not hold. `SEGMENTS` is true if rules may be on segments.
    #[inline(always)]
    pub(crate) fn judge<const SEGMENTS: bool>(&mut self, run: Run) -> Verdict {
        for (index, rule) in (0..).zip(run.of(&self.tables.rules)) {
            #[cfg(feature = "first-row")]
            if SEGMENTS && let Some(verdict) = self.judge_segments(&rule.predicate) {
                self.tracer.rule(index, None, verdict == Verdict::Holds);
                if verdict != Verdict::Holds {
                    return verdict;
                }
                continue;
            }
            let looked_up;
            let known = if N == 0 {
                looked_up = self.look_up(rule.field);
                &looked_up
            } else {
                let slot = rule.field as usize % N.max(1);
                if self.memory.attributes.get(slot).is_none_or(|known| known.field != rule.field) {
                    self.learn_for::<SEGMENTS>(slot, rule);
                }
                self.memory.attributes.get(slot).unwrap_or(&Remembered::NOTHING)
            };
            #[cfg(feature = "first-row")]
            if SEGMENTS
                && known.count == Count::One
                && let Predicate::Double(comparison, _, wanted) = rule.predicate
                && let Some(bits) = known.packed
            {
                let held = compare_doubles(f64::from_bits(bits), comparison, wanted);
                self.tracer.rule(index, None, held);
                if !held {
                    return Verdict::Fails;
                }
                continue;
            }
            let held = match known.count {
                Count::One => match &rule.predicate {
                    Predicate::In(list) => is_in(self.tables, *list, &known.only),
                    Predicate::Ends(row) => ends_with(self.tables, *row, &known.only),
                    #[cfg(not(target_arch = "wasm32"))]
                    Predicate::Texts(TextTest::AmongSpread, list) if SEGMENTS => {
                        is_in_spread(self.tables, *list, &known.only)
                    }
                    Predicate::Version(comparison, wanted) if known.packed.is_some() => {
                        let packed = known.packed.unwrap_or_default();
                        comparison.holds(packed.cmp(&join(*wanted)))
                    }
                    #[cfg(feature = "first-row")]
                    Predicate::Limited(row) => {
                        let text = known.only.text;
                        let boxed = self.tables.boxed.get(*row as usize);
                        match boxed.and_then(|boxed| boxed.search(text)) {
                            Some(held) => held,
                            None => return self.beyond_limit(index),
                        }
                    }
                    predicate => passes(self.tables, predicate, &known.only),
                },
                Count::Several => self.any_passes(rule),
                Count::None => {
                    if !self.holds_without(index, rule) {
                        return Verdict::Fails;
                    }
                    continue;
                }
            };
            self.tracer.rule(index, None, held);
            if !held {
                return Verdict::Fails;
            }
        }
        Verdict::Holds
    }

    #[inline(always)]
    fn look_up(&self, row: u32) -> Remembered<'a> {
        let Some(field) = self.tables.fields.get(row as usize) else { return Remembered::NOTHING };
        let Some(values) = self.attributes.find(field.name, &field.text) else {
            return Remembered { field: row, ..Remembered::NOTHING };
        };
        let alone = values.len() == 1 || field.reading == Reading::FirstOnly;
        Remembered {
            field: row,
            count: if alone { Count::One } else { Count::Several },
            only: values.first().map_or(Supplied::EMPTY, Supplied::new),
            packed: None,
        }
    }

    /// Caches the attribute of a rule, with a double if the rule reads one.
    #[inline(always)]
    fn learn_for<const SEGMENTS: bool>(&mut self, slot: usize, rule: &Rule) {
        #[cfg(feature = "first-row")]
        if SEGMENTS && let Predicate::Double(_, grammar, _) = rule.predicate {
            return self.learn_double(slot, rule.field, grammar);
        }
        self.learn(slot, rule.field);
    }

    #[inline(never)]
    fn learn(&mut self, slot: usize, field: u32) {
        let mut known = self.look_up(field);
        known.packed = pack(known.only.text);
        if let Some(slot) = self.memory.attributes.get_mut(slot) {
            *slot = known;
        }
    }

    /// Like [`Self::learn`], for an attribute that rules read as a double.
    #[cfg(feature = "first-row")]
    #[inline(never)]
    fn learn_double(&mut self, slot: usize, field: u32, grammar: Grammar) {
        let mut known = self.look_up(field);
        known.packed = Some(grammar.read(known.only.text).to_bits());
        if let Some(slot) = self.memory.attributes.get_mut(slot) {
            *slot = known;
        }
    }

    /// Returns the verdict of a rule whose search is beyond a limit.
    #[cfg(feature = "first-row")]
    #[cold]
    fn beyond_limit(&mut self, index: u32) -> Verdict {
        self.tracer.beyond_limit(index);
        #[cfg(feature = "featuresignals")]
        if self.head.encoding == Encoding::BasisPoints {
            return Verdict::Fails;
        }
        Verdict::Malformed
    }

    #[cold]
    fn any_passes(&self, rule: &Rule) -> bool {
        let field = self.tables.fields.get(rule.field as usize);
        let found = field.and_then(|field| self.attributes.find(field.name, &field.text));
        let mut values = found.into_iter().flatten();
        values.any(|text| passes(self.tables, &rule.predicate, &Supplied::new(text)))
    }

    /// Evaluates a rule whose attribute is missing. A rule on `now` of type DATE or DATETIME tests the current time
    /// instead. Such a rule fails without reading the clock if its predicate is `Predicate::Never` or
    /// `Predicate::Blank`. Any other rule holds only if its predicate is `Predicate::Blank`.
    #[cold]
    fn holds_without(&mut self, index: u32, rule: &Rule) -> bool {
        let field = self.tables.fields.get(rule.field as usize);
        let reading = field.map_or(Reading::Plain, |field| field.reading);
        let clock = reading.is_clock();
        if let Some(field) = field {
            self.clock.attribute_missing(self.attributes, &field.text);
        }
        let blank = matches!(rule.predicate, Predicate::Blank);
        if !clock || blank || matches!(rule.predicate, Predicate::Never) {
            let held = !clock && (blank || reading.holds_if_missing());
            self.tracer.rule(index, None, held);
            return held;
        }
        let moment = self.clock.now();
        let iso = moment.iso();
        let text = std::str::from_utf8(now_text(reading, &iso)).unwrap_or_default();
        let held = passes(self.tables, &rule.predicate, &Supplied::new(text));
        self.tracer.rule(index, Some(moment), held);
        held
    }
}

/// Returns true if a supplied value passes the test of a predicate. The supplied value is a value of an attribute, or
/// the text of the current time.
#[inline(never)]
pub(crate) fn passes(tables: &Tables, predicate: &Predicate, supplied: &Supplied<'_>) -> bool {
    match predicate {
        Predicate::In(list) => is_in(tables, *list, supplied),
        Predicate::NotIn(list) => !is_in(tables, *list, supplied),
        Predicate::Ends(row) => ends_with(tables, *row, supplied),
        Predicate::Texts(test, list) => test.holds(tables, *list, supplied),
        Predicate::Version(comparison, wanted) => {
            comparison.holds(compare_packed(supplied.text, join(*wanted)))
        }
        Predicate::Bool(wanted) => (supplied.text == "true") == *wanted,
        Predicate::Boxed(row) => {
            tables.boxed.get(*row as usize).is_some_and(|boxed| boxed.holds(supplied))
        }
        Predicate::Always => true,
        Predicate::Never | Predicate::Blank => false,
        #[cfg(feature = "first-row")]
        Predicate::Double(comparison, grammar, wanted) => {
            compare_doubles(grammar.read(supplied.text), *comparison, *wanted)
        }
        #[cfg(feature = "first-row")]
        Predicate::InSegment(_) | Predicate::InNoSegment(_) => false,
        #[cfg(feature = "first-row")]
        Predicate::Limited(row) => {
            tables.boxed.get(*row as usize).is_some_and(|boxed| boxed.holds(supplied))
        }
        #[cfg(feature = "featuresignals")]
        Predicate::InKnownSegment(_) => false,
    }
}

/// Returns the part of `iso`, the text of the current time, that a rule on `now` compares with its values. Returns an
/// empty text for a rule that does not read the clock.
pub(crate) fn now_text(reading: Reading, iso: &[u8; 24]) -> &[u8] {
    let len = match reading {
        Reading::Date => 10,
        Reading::Local => 23,
        Reading::Instant => 24,
        _ => 0,
    };
    iso.get(..len).unwrap_or_default()
}
