//! What a rule tests, parsed once.
//!
//! The common tests (texts, versions, booleans) lie in flat rows of the ruleset, so that evaluating everything reads memory
//! from front to back; the rare ones stand behind one pointer each.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::attributes::Supplied;
use crate::text::address::{self, Network, Spelling};
use crate::text::date::{Day, Years};
use crate::text::datetime::{MissingOffset, Moment};
use crate::text::number::{Decimal, OwnedDecimal};
use crate::text::order;
use crate::text::pattern::{Extent, Pattern};
use crate::text::version::{Version, pack};

/// How a supplied value relates to a wanted one.
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

    /// "Any of these bounds" is one bound: the smallest for "greater", the largest for "less". `None` for equality.
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

/// How a supplied text relates to a list of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    In,
    NotIn,
    /// As `In`, on a sorted list.
    InSorted,
    /// As `NotIn`, on a sorted list.
    NotInSorted,
    Starts,
    Ends,
    Contains,
    Lacks,
    /// Is, in UTF-16 order, `Comparison` to the list's only text.
    Order(Comparison),
}

/// A row of the ruleset's texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    pub(crate) head: u64,
    pub(crate) at: u32,
    pub(crate) len: u32,
}

/// What one rule asks of each supplied value. Any value that passes makes the rule hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Predicate {
    /// Nothing passes.
    Never,
    /// Whatever is supplied passes.
    Always,
    /// The rule has no values: it holds if nothing is supplied (evaluation 2.6, step 3).
    Blank,
    /// Texts `at .. at + len` of the ruleset.
    Texts(TextTest, Run),
    /// The text is exactly `true`, or exactly not.
    Bool(bool),
    /// Against a version packed into 64 bits.
    Version(Comparison, [u32; 2]),
    /// A row of the ruleset's rare tests.
    Rare(u32),
}

/// A run of rows.
#[derive(Debug, Clone, Copy, Default)]
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

    pub(crate) fn shifted(self, by: u32) -> Self {
        Self {
            at: self.at.wrapping_add(by),
            len: self.len,
        }
    }
}

/// A list of wanted values and how to compare with them.
#[derive(Debug)]
pub(crate) enum Wanted<T> {
    In(Box<[T]>),
    NotIn(Box<[T]>),
    Order(Comparison, T),
}

impl<T> Wanted<T> {
    /// `order` compares the supplied value with a wanted one.
    fn holds(&self, order: impl Fn(&T) -> Ordering) -> bool {
        let equal = |wanted: &T| order(wanted) == Ordering::Equal;
        match self {
            Self::In(list) => list.iter().any(equal),
            Self::NotIn(list) => !list.iter().any(equal),
            Self::Order(comparison, bound) => comparison.holds(order(bound)),
        }
    }
}

/// Is the supplied address in one of the networks?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    Inside,
    Outside,
}

/// A test behind a pointer.
#[derive(Debug)]
pub(crate) enum Rare {
    Numbers(Wanted<OwnedDecimal>),
    /// Equality that also compares the number of decimals (profile `edge`).
    NumbersWithScale(Membership, Box<[OwnedDecimal]>),
    Days(Wanted<Day>, Years),
    /// Compared by instant alone (profile `client`).
    Instants(Wanted<Moment>),
    /// Compared by instant, then local time (profile `edge`).
    Moments(Wanted<Moment>),
    Networks(Membership, Box<[Network]>, Spelling),
    /// Each version is compared by itself: Maven's order is not one that bounds could be folded under.
    Versions(Comparison, Box<[Version<'static>]>),
    Patterns(Box<[Arc<Pattern>]>),
    /// The supplied text is the pattern, and must match one of these whole (profile `edge`, NUMBER REGEX).
    MatchedBy(Box<[Box<str>]>),
}

/// The longest supplied pattern that [`Rare::MatchedBy`] compiles: it comes from a request.
const LONGEST_SUPPLIED_PATTERN: usize = 200;

impl Rare {
    pub(crate) fn holds(&self, supplied: &str) -> bool {
        match self {
            Self::Numbers(wanted) => Decimal::parse(supplied)
                .is_some_and(|number| wanted.holds(|wanted| number.cmp(&wanted.as_decimal()))),
            Self::NumbersWithScale(membership, list) => {
                Decimal::parse(supplied).is_some_and(|number| {
                    list.iter()
                        .any(|wanted| number.same_with_scale(&wanted.as_decimal()))
                        == (*membership == Membership::Inside)
                })
            }
            Self::Days(wanted, years) => Day::parse(supplied, *years)
                .is_some_and(|day| wanted.holds(|wanted| day.cmp(wanted))),
            Self::Instants(wanted) => {
                Moment::parse(supplied, MissingOffset::MeansUtc, Years::FourDigits)
                    .is_some_and(|moment| wanted.holds(|wanted| moment.instant().cmp(wanted)))
            }
            Self::Moments(wanted) => {
                Moment::parse(supplied, MissingOffset::Unparsable, Years::Signed)
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
            Self::Patterns(patterns) => patterns.iter().any(|pattern| pattern.is_match(supplied)),
            Self::MatchedBy(texts) => {
                supplied.len() <= LONGEST_SUPPLIED_PATTERN
                    && Pattern::compile(supplied, Extent::Whole)
                        .is_ok_and(|pattern| texts.iter().any(|text| pattern.is_match(text)))
            }
        }
    }
}

impl Text {
    #[inline]
    fn is(self, bytes: &[u8], supplied: Supplied<'_>) -> bool {
        self.head == supplied.head
            && self.len as usize == supplied.text.len()
            && (self.len <= 8 || self.rest(bytes) == supplied.text.as_bytes().get(8..))
    }

    #[inline]
    fn rest(self, bytes: &[u8]) -> Option<&[u8]> {
        let at = self.at as usize;
        bytes.get(at + 8..at + self.len as usize)
    }

    #[inline]
    fn bytes(self, bytes: &[u8]) -> &[u8] {
        let at = self.at as usize;
        bytes.get(at..at + self.len as usize).unwrap_or_default()
    }

    #[inline]
    fn str(self, text: &str) -> &str {
        Run {
            at: self.at,
            len: self.len,
        }
        .text(text)
    }
}

impl TextTest {
    #[inline]
    pub(crate) fn holds(self, list: &[Text], text: &str, supplied: Supplied<'_>) -> bool {
        let bytes = text.as_bytes();
        let given = supplied.text.as_bytes();
        let sorted = || {
            list.binary_search_by(|wanted| wanted.bytes(bytes).cmp(given))
                .is_ok()
        };
        match self {
            Self::In => list.iter().any(|wanted| wanted.is(bytes, supplied)),
            Self::NotIn => !list.iter().any(|wanted| wanted.is(bytes, supplied)),
            Self::InSorted => sorted(),
            Self::NotInSorted => !sorted(),
            Self::Starts => list
                .iter()
                .any(|wanted| given.starts_with(wanted.bytes(bytes))),
            Self::Ends => list
                .iter()
                .any(|wanted| given.ends_with(wanted.bytes(bytes))),
            Self::Contains => list
                .iter()
                .any(|wanted| supplied.text.contains(wanted.str(text))),
            Self::Lacks => !list
                .iter()
                .any(|wanted| supplied.text.contains(wanted.str(text))),
            Self::Order(comparison) => list
                .iter()
                .any(|bound| comparison.holds(order::utf16(supplied.text, bound.str(text)))),
        }
    }
}

/// A supplied version, looked at once: most are packed into one integer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SuppliedVersion<'a> {
    Packed(u64),
    Other(&'a str),
}

impl<'a> SuppliedVersion<'a> {
    #[inline]
    pub(crate) fn read(text: &'a str) -> Self {
        pack(text).map_or(Self::Other(text), Self::Packed)
    }

    #[inline]
    pub(crate) fn compare(self, wanted: u64) -> Ordering {
        match self {
            Self::Packed(packed) => packed.cmp(&wanted),
            Self::Other(text) => Version::parse(text).compare_packed(wanted),
        }
    }
}

pub(crate) fn split(packed: u64) -> [u32; 2] {
    [(packed >> 32) as u32, packed as u32]
}

#[inline]
pub(crate) fn join([high, low]: [u32; 2]) -> u64 {
    (u64::from(high) << 32) | u64::from(low)
}
