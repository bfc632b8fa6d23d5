//! Versions in Maven's order, as FeatureHub's server compares them. Any text is a version.

use std::borrow::Cow;
use std::cmp::Ordering;

use smallvec::SmallVec;

use super::{lower_case, order};

/// Maximum number of items of a version that are stored without a heap allocation. Ordinary versions have fewer than ten items.
const INLINE_ITEMS: usize = 24;

/// A parsed version.
///
/// The items are stored in one sequence. The item `List` marks the start of a nested list, which extends to the end of the version, so all
/// items after the mark are one level deeper.
///
/// ```
/// use std::cmp::Ordering::*;
/// use fh_eval::internal::text::version::Version;
/// let compare = |a: &str, b: &str| Version::parse(a).compare(&Version::parse(b));
/// assert_eq!(compare("1.2", "1.2.0"), Equal);
/// assert_eq!(compare("3.0.0-alpha.9", "3.0.0-alpha.10"), Less);
/// assert_eq!(compare("3.0.0-rc", "3.0.0"), Less);
/// assert_eq!(compare("3.4.5+77", "3.4.5"), Greater);
/// assert_eq!(compare("v3.4.5", "3.4.5"), Less);
/// ```
#[derive(Debug, Clone)]
pub struct Version<'a> {
    /// The text of the version. ASCII letters can be in upper case; all other letters were converted to lower case.
    text: Cow<'a, str>,
    items: SmallVec<[Item; INLINE_ITEMS]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// A number, as its digits without leading zeros. Zero has no digits.
    Number(Span),
    Qualifier(Rank, Span),
    List,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    at: u32,
    len: u32,
}

/// The rank of a qualifier, from the lowest to the highest. All qualifiers without a rank of their own have the rank
/// `Other` and are ordered by their UTF-16 code units in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Alpha,
    Beta,
    Milestone,
    Rc,
    Snapshot,
    Release,
    Sp,
    Other,
}

impl Item {
    fn is_null(self) -> bool {
        match self {
            Self::Number(digits) => digits.len == 0,
            Self::Qualifier(rank, _) => rank == Rank::Release,
            Self::List => false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Digits,
    Letters,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Digit,
    Other,
}

impl<'a> Version<'a> {
    /// Parses any text as a version. Allocates memory only for more than 24 items, or for capital letters beyond ASCII.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let text = if text.chars().any(has_other_lower_case) {
            Cow::Owned(lower_case::of_text(text))
        } else {
            Cow::Borrowed(text)
        };
        let mut items = Items(SmallVec::new());
        let mut start = 0;
        let mut token = Token::Letters;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'.' | b'-' => {
                    items.end_token(&text, start, at, token, Next::Other);
                    start = at + 1;
                    if byte == b'-' {
                        items.open_list();
                    }
                }
                b'0'..=b'9' => {
                    if token == Token::Letters && at > start {
                        items.end_token(&text, start, at, token, Next::Digit);
                        items.open_list();
                        start = at;
                    }
                    token = Token::Digits;
                }
                _ => {
                    if token == Token::Digits && at > start {
                        items.end_token(&text, start, at, token, Next::Other);
                        items.open_list();
                        start = at;
                    }
                    token = Token::Letters;
                }
            }
        }
        if text.len() > start {
            items.end_token(&text, start, text.len(), token, Next::Other);
        }
        items.close();
        Self { items: items.0, text }
    }

    /// Converts the version into a version that owns its text and borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Version<'static> {
        Version { text: Cow::Owned(self.text.into_owned()), items: self.items }
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let start = span.at as usize;
        self.text.as_bytes().get(start..start + span.len as usize).unwrap_or_default()
    }

    /// Compares this version with another version by the rules of Maven.
    #[must_use]
    pub fn compare(&self, other: &Version<'_>) -> Ordering {
        let mut left = self.items.iter();
        let mut right = other.items.iter();
        loop {
            let order = match (left.next(), right.next()) {
                (None, None) => return Ordering::Equal,
                (Some(item), None) => against_none(*item),
                (None, Some(item)) => against_none(*item).reverse(),
                (Some(left), Some(right)) => self.compare_items(*left, other, *right),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
    }

    /// Compares the version with a version that [`pack`] packed into an integer.
    pub(crate) fn compare_packed(&self, packed: u64) -> Ordering {
        // Zeros at the end of the packed version do not affect the comparison.
        let count = 4 - (packed.trailing_zeros() / 16).min(4);
        let mut items = self.items.iter();
        for part in 0..count {
            let wanted = (packed >> (16 * (3 - part))) & 0xFFFF;
            let order = match items.next() {
                None => 0.cmp(&wanted),
                Some(Item::Number(digits)) if digits.len <= 5 => {
                    let number = self
                        .bytes(*digits)
                        .iter()
                        .fold(0, |n, digit| n * 10 + u64::from(digit - b'0'));
                    number.cmp(&wanted)
                }
                Some(Item::Number(_)) => Ordering::Greater,
                Some(Item::Qualifier(..) | Item::List) => Ordering::Less,
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        items
            .map(|item| against_none(*item))
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    }

    fn compare_items(&self, left: Item, other: &Version<'_>, right: Item) -> Ordering {
        match (left, right) {
            (Item::Number(a), Item::Number(b)) => {
                a.len.cmp(&b.len).then_with(|| self.bytes(a).cmp(other.bytes(b)))
            }
            (Item::Qualifier(Rank::Other, a), Item::Qualifier(Rank::Other, b)) => {
                let (a, b) = (self.bytes(a).iter(), other.bytes(b).iter());
                order::utf16_bytes(a.map(u8::to_ascii_lowercase), b.map(u8::to_ascii_lowercase))
            }
            (Item::Qualifier(a, _), Item::Qualifier(b, _)) => a.cmp(&b),
            (Item::List, Item::List) => Ordering::Equal,
            (Item::Number(_), _) | (Item::List, Item::Qualifier(..)) => Ordering::Greater,
            (Item::Qualifier(..), _) | (Item::List, Item::Number(_)) => Ordering::Less,
        }
    }
}

/// Returns true for a character beyond ASCII that has another form in lower case. Such characters are converted to
/// lower case when a version is parsed, because the comparison of versions ignores the case of ASCII letters only.
fn has_other_lower_case(c: char) -> bool {
    !c.is_ascii() && lower_case::changes(c)
}

/// Compares an item of the longer version with the end of the shorter one. A nested list needs no comparison of its
/// own, because its items follow it.
fn against_none(item: Item) -> Ordering {
    match item {
        Item::Number(digits) if digits.len > 0 => Ordering::Greater,
        Item::Qualifier(rank, _) => rank.cmp(&Rank::Release),
        Item::Number(_) | Item::List => Ordering::Equal,
    }
}

/// The items that were parsed so far from the text of a version.
struct Items(SmallVec<[Item; INLINE_ITEMS]>);

impl Items {
    fn end_token(&mut self, text: &str, start: usize, end: usize, token: Token, next: Next) {
        let part = text.as_bytes().get(start..end).unwrap_or_default();
        let span = |at: usize, len: usize| Span { at: at as u32, len: len as u32 };
        self.0.push(match token {
            _ if part.is_empty() => Item::Number(span(start, 0)),
            Token::Digits => {
                let zeros = part.iter().take_while(|digit| **digit == b'0').count();
                Item::Number(span(start + zeros, part.len() - zeros))
            }
            Token::Letters => Item::Qualifier(rank(part, next), span(start, part.len())),
        });
    }

    /// Removes the null items (zeros, and qualifiers such as `final`) at the end of the current list, as Maven does, whether or not a
    /// nested list follows.
    fn drop_trailing_nulls(&mut self) {
        while self.0.last().is_some_and(|item| item.is_null()) {
            self.0.pop();
        }
    }

    fn open_list(&mut self) {
        self.drop_trailing_nulls();
        self.0.push(Item::List);
    }

    /// Removes the null items at the end of the version. An empty nested list counts as null, so it is removed too, and so are the null
    /// items before it.
    fn close(&mut self) {
        self.drop_trailing_nulls();
        while self.0.last() == Some(&Item::List) {
            self.0.pop();
            self.drop_trailing_nulls();
        }
    }
}

fn rank(part: &[u8], next: Next) -> Rank {
    if next == Next::Digit {
        match part {
            [b'a' | b'A'] => return Rank::Alpha,
            [b'b' | b'B'] => return Rank::Beta,
            [b'm' | b'M'] => return Rank::Milestone,
            _ => {}
        }
    }
    const KNOWN: [(&[u8], Rank); 10] = [
        (b"alpha", Rank::Alpha),
        (b"beta", Rank::Beta),
        (b"milestone", Rank::Milestone),
        (b"rc", Rank::Rc),
        (b"cr", Rank::Rc),
        (b"snapshot", Rank::Snapshot),
        (b"ga", Rank::Release),
        (b"final", Rank::Release),
        (b"release", Rank::Release),
        (b"sp", Rank::Sp),
    ];
    KNOWN
        .iter()
        .find(|(name, _)| part.eq_ignore_ascii_case(name))
        .map_or(Rank::Other, |(_, rank)| *rank)
}

/// Packs one to four dotted numbers below 65,536, of at most nine digits each, into an integer, so that integers
/// compare as the versions do. Returns `None` for every other text. A shorter version is padded with zeros, as in
/// Maven.
///
/// ```
/// use fh_eval::internal::text::version::pack;
/// assert_eq!(pack("1.2"), pack("1.2.0"));
/// assert!(pack("1.10") > pack("1.9.9"));
/// assert_eq!(pack("1.2-rc"), None);
/// ```
#[must_use]
pub fn pack(text: &str) -> Option<u64> {
    let (mut packed, mut number, mut parts) = (0_u64, 0_u64, 0_u32);
    let mut digits = 0_u32;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if digits < 9 => {
                number = number * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && number < 65_536 && parts < 3 => {
                packed = (packed << 16) | number;
                (number, digits) = (0, 0);
                parts += 1;
            }
            _ => return None,
        }
    }
    (digits > 0 && number < 65_536).then(|| ((packed << 16) | number) << (16 * (3 - parts)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compare(left: &str, right: &str) -> Ordering {
        let order = Version::parse(left).compare(&Version::parse(right));
        let back = Version::parse(right).compare(&Version::parse(left));
        assert_eq!(order, back.reverse(), "{left} against {right} and back");
        order
    }

    #[test]
    fn equal_versions() {
        for (left, right) in [
            ("1.2", "1.2.0"),
            ("1", "1.0.0"),
            ("3.4.5-final", "3.4.5"),
            ("3.0.0-cr", "3.0.0-rc"),
            ("1-ga", "1"),
            ("3.0.0-b2", "3.0.0-beta2"),
            ("3.0.0-B2", "3.0.0-BETA2"),
            ("1.0.0-0", "1"),
            ("", "0"),
            ("1..0", "1"),
            ("03.04", "3.4"),
            ("1-a1", "1-alpha1"),
            ("1.m3", "1.milestone3"),
            ("ÄÖ", "äö"),
            ("1.0-", "1"),
            ("1--", "1"),
            ("1.0.0-release.0", "1"),
        ] {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} = {right}");
        }
    }

    #[test]
    fn ascending_versions() {
        let row = [
            "latest",
            "v1.0.0",
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.9",
            "1.0.0-alpha.10",
            "1.0.0-beta",
            "1.0.0-milestone",
            "1.0.0-rc",
            "1.0.0-snapshot",
            "1.0.0",
            "1.0.0-sp",
            "1.0.0-foo",
            "1.0.0-zed",
            "1.0.0-1",
            "1.0.1",
            "1.9.0",
            "1.10.0",
            "10.0.0",
            "99999999999999999999999.1",
            "100000000000000000000000.0",
        ];
        for pair in row.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{} < {}", pair[0], pair[1]);
        }
        // A letter after a number opens a list, exactly as a hyphen does.
        assert_eq!(compare("1.0.0+a", "1.0.0+b"), Ordering::Greater.reverse());
        assert_eq!(compare("3.4.5+77", "3.4.5"), Ordering::Greater);
        assert_eq!(compare("1-a", "1-alpha"), Ordering::Greater);
    }

    #[test]
    fn packing() {
        assert_eq!(pack("1.2.3"), Some(0x0001_0002_0003_0000));
        assert_eq!(pack("65535.65535.65535.65535"), Some(u64::MAX));
        for text in [
            "",
            ".",
            "1.",
            ".1",
            "1..2",
            "1.2.3.4.5",
            "65536",
            "1.65536.1",
            "v1",
            "1-1",
            "1.2 ",
            "0000000001",
        ] {
            assert_eq!(pack(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn packed_versions_compare_like_parsed_ones(a in "[0-9]{1,5}(\\.[0-9]{1,5}){0,4}", b in "[0-9]{1,5}(\\.[0-9]{1,5}){0,4}") {
            if let (Some(left), Some(right)) = (pack(&a), pack(&b)) {
                prop_assert_eq!(left.cmp(&right), compare(&a, &b));
            }
        }

        #[test]
        fn packed_versions_compare_with_any_text(a in "[0-9]{1,6}|[0-9ab.\\-]{0,12}|(1|0|alpha|sp|x|\\.|-){0,8}",
                                                 b in "[0-9]{1,5}(\\.[0-3]{1,2}){0,3}") {
            if let Some(packed) = pack(&b) {
                prop_assert_eq!(Version::parse(&a).compare_packed(packed), compare(&a, &b));
            }
        }

        #[test]
        fn every_text_compares(a in "[0-9abm.\\-+A-Z]{0,12}|(1|0|alpha|beta|rc|ga|sp|x|\\.|-|é){0,8}",
                               b in "[0-9abm.\\-+A-Z]{0,12}|(1|0|alpha|beta|rc|ga|sp|x|\\.|-|é){0,8}") {
            compare(&a, &b);
            prop_assert_eq!(compare(&a, &a.to_lowercase()), Ordering::Equal);
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        }
    }
}
