//! Contexts: the attributes for which a feature is evaluated.

pub(crate) mod build;
pub(crate) mod json;
pub(crate) mod names;
pub(crate) mod row;

pub use names::{Country, Device, Platform, UnknownName};

use smallvec::SmallVec;

use crate::bucket::Murmur3;

/// A context: a map from attribute names to one or more texts each. It is immutable once built.
///
/// All texts share one buffer and all entries share one list, so that an ordinary context is stored in two allocations.
///
/// ```
/// use fh_eval::{Attributes, Country, Device};
/// let fred = Attributes::builder()
///     .user_key("fred")
///     .country(Country::NewZealand)
///     .device(Device::Mobile)
///     .attribute("plan", ["gold", "beta"])
///     .attribute("age", 42)
///     .build();
/// assert_eq!(fred.get("plan").unwrap().collect::<Vec<_>>(), ["gold", "beta"]);
/// assert_eq!(fred.get("country").unwrap().next(), Some("new_zealand"));
/// assert!(fred.get("email").is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    /// The concatenated texts of all values of the context, and of all attribute names that are not well known.
    text: String,
    /// One entry per value. The values of one attribute are adjacent, in the order in which they were added.
    entries: Vec<Entry>,
    /// For each well-known name of FeatureHub, the row in `entries` of the first value of the attribute with this name, counted from
    /// 1. The row is 0 if the context has no such attribute, and [`FAR`] if the row is 255 or more.
    well_known: [u8; WITH_ROWS],
    /// A hasher that has read the first user key, if there is one. If the key is hashed as UTF-8, only the id that
    /// follows the key has to be hashed to compute a bucket.
    user_key: Murmur3,
}

const FAR: u8 = u8::MAX;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Number of values of the attribute. Valid only in the entry of the attribute's first value.
    count: u32,
    name: Name,
    name_at: u32,
    name_len: u32,
    at: u32,
    len: u32,
}

/// A short form of a name for quick comparison. Each well-known name has a `Name` of its own. Two other names can have
/// the same `Name`, so their texts are compared as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(u32);

const WELL_KNOWN: &[&str] = &[
    names::USER_KEY,
    names::SESSION,
    names::SESSION_KEY,
    names::COUNTRY,
    names::DEVICE,
    names::PLATFORM,
    names::VERSION,
    #[cfg(feature = "first-row")]
    names::KEY_ID,
    #[cfg(feature = "first-row")]
    names::KEY,
];
/// Number of well-known names whose rows a context keeps. The keys of FeatBit and FeatureSignals come after them: they are the first value of
/// a context, so that a search finds them at once.
const WITH_ROWS: usize = 7;

impl Name {
    pub(crate) const USER_KEY: Self = Self(0);
    pub(crate) const SESSION: Self = Self(1);
    pub(crate) const SESSION_KEY: Self = Self(2);
    pub(crate) const COUNTRY: Self = Self(3);
    pub(crate) const DEVICE: Self = Self(4);
    pub(crate) const PLATFORM: Self = Self(5);
    pub(crate) const VERSION: Self = Self(6);
    #[cfg(feature = "first-row")]
    const KEY_ID: Self = Self(7);
    #[cfg(feature = "first-row")]
    const KEY: Self = Self(8);
    const FIRST_OTHER: u32 = 1 << 31;

    #[inline]
    pub(crate) fn of(name: &str) -> Self {
        match name {
            names::USER_KEY => Self::USER_KEY,
            names::SESSION => Self::SESSION,
            names::SESSION_KEY => Self::SESSION_KEY,
            names::COUNTRY => Self::COUNTRY,
            names::DEVICE => Self::DEVICE,
            names::PLATFORM => Self::PLATFORM,
            names::VERSION => Self::VERSION,
            #[cfg(feature = "first-row")]
            _ if name.starts_with('k') => match name {
                names::KEY_ID => Self::KEY_ID,
                names::KEY => Self::KEY,
                _ => Self::other(name),
            },
            _ => Self::other(name),
        }
    }

    #[inline]
    fn other(name: &str) -> Self {
        let mixed = (head(name.as_bytes()) ^ name.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self((mixed >> 33) as u32 | Self::FIRST_OTHER)
    }

    pub(crate) fn text(self) -> Option<&'static str> {
        WELL_KNOWN.get(self.0 as usize).copied()
    }

    #[inline]
    fn is_other(self) -> bool {
        self.0 >= Self::FIRST_OTHER
    }
}

/// Returns the first eight bytes of a text as a little-endian number. A shorter text is padded with zeros.
#[inline]
pub(crate) fn head(bytes: &[u8]) -> u64 {
    if let Some(eight) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let shift = 8 * (bytes.len() as u32 - 4);
            u64::from(u32::from_le_bytes(*first)) | (u64::from(u32::from_le_bytes(*last)) << shift)
        }
        _ => bytes.iter().rev().fold(0, |head, byte| (head << 8) | u64::from(*byte)),
    }
}

/// Returns the last eight bytes of a text as a little-endian number. Returns 0 for a text of less than eight bytes,
/// because its head and its length identify such a text.
#[inline]
pub(crate) fn tail(bytes: &[u8]) -> u64 {
    bytes.last_chunk::<8>().map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// A text that rules test, with its first and last eight bytes as numbers. The text is a value of an attribute, or the
/// current time. Two texts of up to 16 bytes are equal if their heads, tails and lengths are equal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Supplied<'a> {
    pub(crate) text: &'a str,
    pub(crate) head: u64,
    pub(crate) tail: u64,
}

impl<'a> Supplied<'a> {
    pub(crate) const EMPTY: Supplied<'static> = Supplied { text: "", head: 0, tail: 0 };

    #[inline]
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, head: head(text.as_bytes()), tail: tail(text.as_bytes()) }
    }
}

/// An iterator over the values of one attribute, in the order in which the values were added. An attribute has at least
/// one value.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    text: &'a str,
    entries: &'a [Entry],
}

impl<'a> Values<'a> {
    #[inline]
    pub(crate) fn first(self) -> Option<&'a str> {
        self.entries.first().map(|entry| slice(self.text, entry.at, entry.len))
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.entries.split_first()?;
        self.entries = rest;
        Some(slice(self.text, first.at, first.len))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.entries.len(), Some(self.entries.len()))
    }
}

impl ExactSizeIterator for Values<'_> {}

/// Returns true if two texts are equal. Up to 32 bytes are compared inline, without a call to `memcmp`.
#[inline]
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    if left.len() > 32 {
        return left == right;
    }
    let (left_words, left_rest) = left.as_chunks::<8>();
    let (right_words, right_rest) = right.as_chunks::<8>();
    left_words.iter().zip(right_words).all(|(a, b)| a == b) && head(left_rest) == head(right_rest)
}

#[inline]
fn slice(text: &str, at: u32, len: u32) -> &str {
    let at = at as usize;
    text.get(at..at + len as usize).unwrap_or_default()
}

impl Attributes {
    /// Returns the values of the attribute `name`, or `None` if the context has no such attribute. Names are
    /// case-sensitive.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Values<'_>> {
        self.find(Name::of(name), name)
    }

    #[inline]
    pub(crate) fn find(&self, name: Name, text: &str) -> Option<Values<'_>> {
        let row = self.first_row(name, text)?;
        let count = self.entries.get(row)?.count as usize;
        Some(Values { text: &self.text, entries: self.entries.get(row..row + count)? })
    }

    /// Returns the row of the first value of the attribute with this name, or `None` if the context has no such
    /// attribute.
    #[inline]
    fn first_row(&self, name: Name, text: &str) -> Option<usize> {
        match self.well_known.get(name.0 as usize) {
            None | Some(&FAR) => self.search(name, text),
            Some(row) => usize::from(*row).checked_sub(1),
        }
    }

    #[inline(never)]
    fn search(&self, name: Name, text: &str) -> Option<usize> {
        let is_other = name.is_other();
        self.entries.iter().position(|entry| {
            entry.name == name
                && (!is_other
                    || same(
                        slice(&self.text, entry.name_at, entry.name_len).as_bytes(),
                        text.as_bytes(),
                    ))
        })
    }

    /// Returns the default percentage key, and a hasher that has read the key. The key is the first value of the
    /// attribute that the parameter `session` names, or else the first value of `userkey`. Returns `None` if the
    /// context has neither attribute.
    #[inline]
    pub(crate) fn default_key(&self, session: Name) -> Option<(&str, Murmur3)> {
        if let Some(key) = self
            .find(session, session.text().unwrap_or_default())
            .and_then(|mut found| found.next())
        {
            let mut state = Murmur3::new();
            state.write(key.as_bytes());
            return Some((key, state));
        }
        let key = self.find(Name::USER_KEY, names::USER_KEY)?.next()?;
        Some((key, self.user_key))
    }

    /// Returns each attribute with its values, in the order in which the names first appeared.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Values<'_>)> {
        let mut rest = self.entries.as_slice();
        std::iter::from_fn(move || {
            let first = rest.first()?;
            let (values, after) = rest.split_at_checked(first.count as usize)?;
            rest = after;
            Some((self.name_of(first), Values { text: &self.text, entries: values }))
        })
    }

    fn name_of(&self, entry: &Entry) -> &str {
        entry.name.text().unwrap_or_else(|| slice(&self.text, entry.name_at, entry.name_len))
    }

    /// Returns the maximum number of evaluation steps in which one attribute is found by its name. The search compares
    /// short forms of names first, and full names only where the short forms are equal.
    pub(crate) fn lookup_steps(&self) -> u64 {
        let mut names: SmallVec<[u32; 32]> = SmallVec::new();
        let (mut rest, mut longest) = (self.entries.as_slice(), 0);
        while let Some(first) = rest.first() {
            if first.name.is_other() {
                names.push(first.name.0);
                longest = longest.max(first.name_len);
            }
            rest = rest.get(first.count.max(1) as usize..).unwrap_or_default();
        }
        names.sort_unstable();
        let alike = names.windows(2).filter(|pair| pair.first() == pair.last()).count() as u64;
        let compared = 4 + u64::from(longest / 16);
        self.entries.len() as u64 / 3 + alike.saturating_mul(compared)
    }

    /// Returns true if the context has no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl PartialEq for Attributes {
    /// Returns true if both contexts have the same attributes, with the same values in the same order. The order of
    /// attributes does not count.
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self
                .iter()
                .all(|(name, values)| other.get(name).is_some_and(|found| values.eq(found)))
    }
}

impl serde::Serialize for Attributes {
    /// Writes a map from attribute names to lists of values. The command line and the conformance data accept contexts
    /// in this form.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, values)| (name, values.collect::<Vec<_>>())))
    }
}

/// Returns a hash of a name and of the names of a context's attributes. Contexts with the same names have the same hash if they were built
/// in the same way.
#[must_use]
pub fn names_hash(attributes: &Attributes, name: &str) -> u64 {
    let mix =
        |hash: u64, part: u64| (hash.rotate_left(5) ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let hash = name.bytes().fold(1, |hash, byte| mix(hash, u64::from(byte)));
    let names = attributes.entries.iter().map(|entry| u64::from(entry.name.0));
    names.fold(hash, mix)
}

#[cfg(test)]
mod tests;
