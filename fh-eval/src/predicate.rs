//! The tests of rules, parsed once when the rules are compiled.
//!
//! The common tests (for example of texts, booleans and one version of plain numbers) are stored in flat rows of the
//! ruleset, so that evaluating all features reads memory from front to back. Each of the other tests is stored behind a
//! pointer.

use std::cmp::Ordering;
#[cfg(feature = "patterns")]
use std::sync::Arc;

use crate::attributes::Supplied;
#[cfg(not(target_arch = "wasm32"))]
use crate::large_list::LargeList;
use crate::text::address::{self, Network, Spelling};
use crate::text::date::{Day, Years};
use crate::text::datetime::{DateTime, MissingOffset};
#[cfg(feature = "featbit")]
use crate::text::dotnet_double::DoubleGrammar;
#[cfg(feature = "featuresignals")]
use crate::text::go_double;
use crate::text::number::{Decimal, OwnedDecimal};
#[cfg(feature = "patterns")]
use crate::text::pattern::{Extent, Pattern, Tables as PatternTables};
use crate::text::version::{Version, pack};

/// A comparison of a supplied value with a rule value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    #[inline]
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        }
    }

    /// Returns the one bound that has the same effect as several alternative bounds: the smallest one for "greater",
    /// the largest one for "less". Returns `None` for equality and inequality, and if there are no bounds.
    pub(crate) fn loosest<T>(
        self,
        bounds: impl Iterator<Item = T>,
        order: impl Fn(&T, &T) -> Ordering,
    ) -> Option<T> {
        match self {
            Self::Greater | Self::GreaterOrEqual => bounds.min_by(order),
            Self::Less | Self::LessOrEqual => bounds.max_by(order),
            Self::Equal | Self::NotEqual => None,
        }
    }
}

/// A test of a supplied text against a list of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    /// The supplied text is in the list, which is sorted.
    Among,
    /// The supplied text is not in the list, which is sorted.
    NotAmong,
    /// The supplied text is in the list, which has rows of `slots`. Its texts lie at the slots that their hashes name. A page has few long
    /// lists, and would load the code of the search, which multiplies numbers of 64 bits; there, the lists are sorted.
    #[cfg(not(target_arch = "wasm32"))]
    AmongSpread,
    /// The supplied text is not in such a list.
    #[cfg(not(target_arch = "wasm32"))]
    NotAmongSpread,
    Starts,
    Ends,
    Contains,
    Lacks,
    /// The order of the supplied text and the only text of the list is as the comparison requires. Texts are ordered by
    /// UTF-16 code units.
    Order(Comparison),
    /// The supplied text is in the list if ASCII letters of both cases count as equal.
    #[cfg(feature = "featbit")]
    SameIgnoringCase,
}

/// A text of a rule. Its first eight bytes are stored in `heads_of_texts`, because a scan of a list seldom reads more
/// of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    /// The last eight bytes of the text as a number; 0 for a text of less than eight bytes.
    pub(crate) tail: u64,
    pub(crate) at: u32,
    pub(crate) len: u32,
}

/// The test of a rule for a supplied value. The rule holds if any value that the rule tests passes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Predicate {
    /// No supplied value passes.
    Never,
    /// Every supplied value passes.
    Always,
    /// The rule has no list of values and holds only if the attribute is missing.
    Blank,
    /// The supplied text is in a short list of texts, given by its rows of `texts`.
    In(Run),
    /// The supplied text is not in a short list of texts, given by its rows of `texts`.
    NotIn(Run),
    /// The supplied text ends with one text of the rule, given by its row of `texts`.
    Ends(u32),
    /// A test of the supplied text against a list of texts, given by its rows of `texts`. None of the other variants
    /// covers this test.
    Texts(TextTest, Run),
    /// If `true`, the supplied text must be exactly `true`. If `false`, the supplied text must be anything else.
    Bool(bool),
    /// A comparison of the supplied text, read as a version, with a version that is packed into 64 bits.
    Version(Comparison, [u32; 2]),
    /// A test that is stored behind a pointer, given by its row of the table `boxed`.
    Boxed(u32),
    /// A search for a pattern that can be beyond a limit, given by its row of the table `boxed`. Beyond the limit, the rule cannot be evaluated
    /// (FeatBit), or does not hold (FeatureSignals).
    #[cfg(feature = "first-row")]
    Limited(u32),
    /// A comparison of the supplied text, read as a double, with a double, whose bits are in two halves.
    #[cfg(feature = "first-row")]
    Double(Comparison, Grammar, [u32; 2]),
    /// The subject is in one of the segments whose slots these rows of `named_segments` name.
    #[cfg(feature = "first-row")]
    InSegment(Run),
    /// The subject is in none of these segments.
    #[cfg(feature = "first-row")]
    InNoSegment(Run),
    /// The subject is in one of these segments. Slots without a segment are skipped.
    #[cfg(feature = "featuresignals")]
    InKnownSegment(Run),
}

/// The grammar of the doubles of a system.
#[cfg(feature = "first-row")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    #[cfg(feature = "featbit")]
    DotNet(DoubleGrammar),
    #[cfg(feature = "featuresignals")]
    Go,
}

#[cfg(feature = "first-row")]
impl Grammar {
    /// Reads a double. Returns NaN, which no comparison accepts, for a text that is no double.
    pub(crate) fn read(self, text: &str) -> f64 {
        let read = match self {
            #[cfg(feature = "featbit")]
            Self::DotNet(grammar) => grammar.read(text),
            #[cfg(feature = "featuresignals")]
            Self::Go => go_double::read(text),
        };
        read.unwrap_or(f64::NAN)
    }
}

/// Compares a supplied double with a double of a rule.
#[cfg(feature = "first-row")]
#[inline]
pub(crate) fn compare_doubles(supplied: f64, comparison: Comparison, wanted: [u32; 2]) -> bool {
    let order = supplied.partial_cmp(&f64::from_bits(join(wanted)));
    order.is_some_and(|order| comparison.holds(order))
}

/// The distances by which rows that a predicate names have moved, because they were copied to other tables.
pub(crate) struct Moves {
    pub(crate) texts: u32,
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) slots: u32,
    pub(crate) boxed: u32,
    #[cfg(feature = "first-row")]
    pub(crate) named_segments: u32,
}

impl Predicate {
    /// Returns true for a rule that may end the evaluation of a flag without an answer, because of an unknown or malformed segment or a
    /// search beyond a limit.
    pub(crate) const fn may_end(&self) -> bool {
        #[cfg(feature = "featbit")]
        return matches!(self, Self::InSegment(_) | Self::InNoSegment(_) | Self::Limited(_));
        #[cfg(not(feature = "featbit"))]
        false
    }

    /// Returns the slots of a rule on segments, as rows of `named_segments`; `None` for any other rule.
    #[cfg(feature = "first-row")]
    pub(crate) const fn segments(&self) -> Option<Run> {
        match self {
            Self::InSegment(list) | Self::InNoSegment(list) => Some(*list),
            #[cfg(feature = "featuresignals")]
            Self::InKnownSegment(list) => Some(*list),
            _ => None,
        }
    }

    /// Returns this predicate for rows that were copied to other tables.
    pub(crate) fn moved(self, by: &Moves) -> Self {
        match self {
            Self::In(list) => Self::In(list.shifted(by.texts)),
            Self::NotIn(list) => Self::NotIn(list.shifted(by.texts)),
            Self::Ends(row) => Self::Ends(row.wrapping_add(by.texts)),
            #[cfg(not(target_arch = "wasm32"))]
            Self::Texts(test @ (TextTest::AmongSpread | TextTest::NotAmongSpread), list) => {
                Self::Texts(test, list.shifted(by.slots))
            }
            Self::Texts(test, list) => Self::Texts(test, list.shifted(by.texts)),
            Self::Boxed(row) => Self::Boxed(row.wrapping_add(by.boxed)),
            #[cfg(feature = "first-row")]
            Self::Limited(row) => Self::Limited(row.wrapping_add(by.boxed)),
            #[cfg(feature = "first-row")]
            Self::InSegment(list) => Self::InSegment(list.shifted(by.named_segments)),
            #[cfg(feature = "first-row")]
            Self::InNoSegment(list) => Self::InNoSegment(list.shifted(by.named_segments)),
            #[cfg(feature = "featuresignals")]
            Self::InKnownSegment(list) => Self::InKnownSegment(list.shifted(by.named_segments)),
            Self::Never | Self::Always | Self::Blank | Self::Bool(_) | Self::Version(..) => self,
            #[cfg(feature = "first-row")]
            Self::Double(..) => self,
        }
    }
}

/// A range of rows of a table, or of bytes of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) at: u32,
    pub(crate) len: u32,
}

impl Run {
    #[inline]
    pub(crate) fn of<T>(self, rows: &[T]) -> &[T] {
        let at = self.at as usize;
        rows.get(at..at + self.len as usize).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn text(self, text: &str) -> &str {
        let at = self.at as usize;
        text.get(at..at + self.len as usize).unwrap_or_default()
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.len == 0
    }

    pub(crate) const fn shifted(self, by: u32) -> Self {
        Self { at: self.at.wrapping_add(by), len: self.len }
    }
}

/// The values of a rule, and the comparison of a supplied value with them.
#[derive(Debug)]
pub(crate) enum ExpectedValues<T> {
    In(Box<[T]>),
    NotIn(Box<[T]>),
    Order(Comparison, T),
}

impl<T> ExpectedValues<T> {
    /// Returns true if the supplied value passes the test against these values. `order` compares the supplied value
    /// with one of them.
    fn holds(&self, order: impl Fn(&T) -> Ordering) -> bool {
        let equal = |wanted: &T| order(wanted) == Ordering::Equal;
        match self {
            Self::In(list) => list.iter().any(equal),
            Self::NotIn(list) => !list.iter().any(equal),
            Self::Order(comparison, bound) => comparison.holds(order(bound)),
        }
    }

    /// Returns the values with which supplied values are compared. For an order, this is one bound.
    pub(crate) fn all(&self) -> &[T] {
        match self {
            Self::In(list) | Self::NotIn(list) => list,
            Self::Order(_, bound) => std::slice::from_ref(bound),
        }
    }

    /// Returns the number of values with which supplied values are compared.
    pub(crate) fn len(&self) -> u64 {
        self.all().len() as u64
    }
}

/// The required relation of a supplied value to the rule's list: inside the list or outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    Inside,
    Outside,
}

/// A test that is stored behind a pointer, so that rules with other tests stay small.
#[derive(Debug)]
pub(crate) enum BoxedPredicate {
    /// A large list of texts, compared as texts.
    #[cfg(not(target_arch = "wasm32"))]
    Texts(Membership, LargeList),
    Numbers(ExpectedValues<OwnedDecimal>),
    /// Numbers, which are equal if they have the same value and the same number of decimals (profile `edge`).
    NumbersWithScale(Membership, Box<[OwnedDecimal]>),
    Days(ExpectedValues<Day>, Years),
    /// Date-times, compared by instant alone (profile `client`).
    Instants(ExpectedValues<DateTime>),
    /// Date-times, compared by instant and then by local time (profile `edge`).
    DateTimes(ExpectedValues<DateTime>),
    Networks(Membership, Box<[Network]>, Spelling),
    /// Versions, with which the supplied version is compared one by one.
    Versions(Comparison, Box<[Version<'static>]>),
    #[cfg(feature = "patterns")]
    Patterns(Box<[Arc<Pattern>]>),
    /// A pattern that the supplied text does not contain.
    #[cfg(feature = "featbit")]
    NoMatch(Arc<Pattern>),
    /// The supplied text is a pattern that must match one of these texts as a whole (profile `edge`, NUMBER REGEX).
    #[cfg(feature = "patterns")]
    MatchedBy(Box<[Box<str>]>),
}

/// The maximum length, in bytes, of a supplied pattern that [`BoxedPredicate::MatchedBy`] compiles. A longer pattern
/// matches nothing. The limit is low because the pattern comes from the context of an evaluation.
#[cfg(feature = "patterns")]
const LONGEST_SUPPLIED_PATTERN: usize = 200;

/// The maximum size of a supplied pattern, in nodes after repetitions are expanded. A larger pattern matches nothing.
#[cfg(feature = "patterns")]
const LARGEST_SUPPLIED_PATTERN: usize = 100;

impl BoxedPredicate {
    /// Returns the result of a search; `None` if it is beyond a limit. A result that is unknown is never negated.
    #[cfg(feature = "first-row")]
    pub(crate) fn search(&self, supplied: &str) -> Option<bool> {
        match self {
            Self::Patterns(patterns) => {
                let mut found = Some(false);
                for pattern in patterns {
                    match pattern.search(supplied) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => found = None,
                    }
                }
                found
            }
            #[cfg(feature = "featbit")]
            Self::NoMatch(pattern) => pattern.search(supplied).map(|found| !found),
            other => Some(other.holds(&Supplied::new(supplied))),
        }
    }

    pub(crate) fn holds(&self, given: &Supplied<'_>) -> bool {
        let supplied = given.text;
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::Texts(membership, list) => list.has(given) == (*membership == Membership::Inside),
            Self::Numbers(wanted) => Decimal::parse(supplied)
                .is_some_and(|number| wanted.holds(|wanted| number.cmp(&wanted.as_decimal()))),
            Self::NumbersWithScale(membership, list) => {
                Decimal::parse(supplied).is_some_and(|number| {
                    list.iter().any(|wanted| number.same_with_scale(&wanted.as_decimal()))
                        == (*membership == Membership::Inside)
                })
            }
            Self::Days(wanted, years) => Day::parse(supplied, *years)
                .is_some_and(|day| wanted.holds(|wanted| day.cmp(wanted))),
            Self::Instants(wanted) => {
                DateTime::parse(supplied, MissingOffset::MeansUtc, Years::FourDigits)
                    .is_some_and(|moment| wanted.holds(|wanted| moment.instant().cmp(wanted)))
            }
            Self::DateTimes(wanted) => {
                DateTime::parse(supplied, MissingOffset::Unparsable, Years::Signed)
                    .is_some_and(|moment| wanted.holds(|wanted| moment.cmp(wanted)))
            }
            Self::Networks(membership, list, spelling) => address::parse(supplied, *spelling)
                .is_some_and(|address| {
                    list.iter().any(|network| network.contains(address))
                        == (*membership == Membership::Inside)
                }),
            Self::Versions(comparison, list) => {
                let version = Version::parse(supplied);
                let mut orders = list.iter().map(|wanted| version.compare(wanted));
                match comparison {
                    Comparison::NotEqual => !orders.any(Ordering::is_eq),
                    comparison => orders.any(|order| comparison.holds(order)),
                }
            }
            #[cfg(feature = "patterns")]
            Self::Patterns(patterns) => patterns.iter().any(|pattern| pattern.is_match(supplied)),
            #[cfg(feature = "featbit")]
            Self::NoMatch(pattern) => pattern.search(supplied) == Some(false),
            #[cfg(feature = "patterns")]
            Self::MatchedBy(texts) => {
                supplied.len() <= LONGEST_SUPPLIED_PATTERN
                    && Pattern::compile_with(
                        supplied,
                        Extent::Whole,
                        PatternTables::None,
                        LARGEST_SUPPLIED_PATTERN,
                    )
                    .is_ok_and(|pattern| texts.iter().any(|text| pattern.is_match(text)))
            }
        }
    }
}

/// Compares a supplied text, read as a version, with a packed version.
pub(crate) fn compare_packed(supplied: &str, wanted: u64) -> Ordering {
    match pack(supplied) {
        Some(packed) => packed.cmp(&wanted),
        None => Version::parse(supplied).compare_packed(wanted),
    }
}

/// Splits a packed version, or the bits of a double, into two halves of four bytes each, because a field of eight bytes would make every rule
/// eight bytes larger.
pub(crate) const fn split(packed: u64) -> [u32; 2] {
    [packed as u32, (packed >> 32) as u32]
}

#[inline]
pub(crate) const fn join([low, high]: [u32; 2]) -> u64 {
    low as u64 | ((high as u64) << 32)
}
