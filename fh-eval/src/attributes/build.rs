//! The builder of contexts.

use std::borrow::Cow;
use std::fmt::Write;
use std::hash::BuildHasher;

use hashbrown::HashMap;

use super::{Attributes, Entry, FAR, Name};
use crate::Timestamp;
use crate::hashing::Hashing;

/// Initial capacity of the list of values. An ordinary context has at most this many values, so that the list is
/// allocated only once.
const EXPECTED_VALUES: usize = 8;
/// Initial capacity of the text buffer, in bytes. The texts of an ordinary context fit into this buffer, so that the
/// buffer is allocated only once.
const EXPECTED_TEXT: usize = 120;
/// Number of values from which on the builder keeps the rows of names. Below it, a search is as fast. A page has few attributes, and would
/// load the code of the map.
const MANY_VALUES: usize = if cfg!(target_arch = "wasm32") { usize::MAX } else { 64 };

/// A builder of a context; see [`Attributes::builder`]. A value is left out if all texts of the context together would
/// exceed 4 GiB.
#[derive(Debug, Clone, Default)]
pub struct AttributesBuilder {
    attributes: Attributes,
    /// For the hash of each name that is not well known, the row in which its first value was added, once there are
    /// [`MANY_VALUES`]. The row has moved if an attribute before it has got more values since.
    rows: Option<Box<HashMap<u64, usize, Hashing>>>,
}

/// A type that can be given as the values of an attribute: text, numbers, booleans, times, and lists of them.
///
/// Numbers become decimal text (`5.0_f64` becomes `5`). NaN and infinities have no such text and are left out. Booleans
/// become `true` and `false`, and times text such as `2026-11-28T08:15:00.000Z`. `None` and empty lists add no value.
///
/// Times of other crates have a number for [`Timestamp::from_millis`], such as `timestamp_millis()` of `chrono`. A UUID
/// is the text in lower case that its `to_string()` returns, as in the clients of other languages.
pub trait AttributeText {
    /// Calls `add` with the text of each value.
    fn each(&self, add: &mut dyn FnMut(&str));

    /// Returns true for a list, also for one with one element or none. FeatBit and FeatureSignals compare the text of the whole list.
    fn is_list(&self) -> bool {
        false
    }
}

impl AttributeText for str {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(self);
    }
}

impl AttributeText for String {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(self);
    }
}

impl AttributeText for Cow<'_, str> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(self);
    }
}

impl AttributeText for Timestamp {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(&self.to_string());
    }
}

impl AttributeText for bool {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(if *self { "true" } else { "false" });
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl AttributeText for $number {
            fn each(&self, add: &mut dyn FnMut(&str)) {
                let mut text = String::new();
                if write!(text, "{self}").is_ok() {
                    add(&text);
                }
            }
        }
    )*};
}

numbers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

macro_rules! floats {
    ($($float:ty)*) => {$(
        impl AttributeText for $float {
            fn each(&self, add: &mut dyn FnMut(&str)) {
                let mut text = String::new();
                if self.is_finite() && write!(text, "{self}").is_ok() {
                    add(&text);
                }
            }
        }
    )*};
}

floats!(f32 f64);

impl<T: AttributeText + ?Sized> AttributeText for &T {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        (**self).each(add);
    }

    fn is_list(&self) -> bool {
        (**self).is_list()
    }
}

impl<T: AttributeText> AttributeText for Option<T> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        if let Some(value) = self {
            value.each(add);
        }
    }

    fn is_list(&self) -> bool {
        self.as_ref().is_some_and(T::is_list)
    }
}

impl<T: AttributeText> AttributeText for [T] {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        for value in self {
            value.each(add);
        }
    }

    fn is_list(&self) -> bool {
        true
    }
}

impl<T: AttributeText, const N: usize> AttributeText for [T; N] {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        self.as_slice().each(add);
    }

    fn is_list(&self) -> bool {
        true
    }
}

impl<T: AttributeText> AttributeText for Vec<T> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        self.as_slice().each(add);
    }

    fn is_list(&self) -> bool {
        true
    }
}

impl AttributesBuilder {
    /// Adds the user key. The first user key is the default percentage key if the context has no session attribute:
    /// `session` in profile `client`, `sessionkey` in profile `edge`.
    #[inline]
    #[must_use]
    pub fn user_key(mut self, key: impl AsRef<str>) -> Self {
        self.attributes.put_well_known(Name::USER_KEY, key.as_ref());
        self
    }

    /// Adds the key of the user's session. In profile `client`, the first session key is the default percentage key, in
    /// place of the user key.
    #[inline]
    #[must_use]
    pub fn session(mut self, session: impl AsRef<str>) -> Self {
        self.attributes.put_well_known(Name::SESSION, session.as_ref());
        self
    }

    /// Adds the user's country: a [`Country`](super::Country) or any other text.
    #[inline]
    #[must_use]
    pub fn country(mut self, country: impl AsRef<str>) -> Self {
        self.attributes.put_well_known(Name::COUNTRY, country.as_ref());
        self
    }

    /// Adds the kind of the user's device: a [`Device`](super::Device) or any other text.
    #[inline]
    #[must_use]
    pub fn device(mut self, device: impl AsRef<str>) -> Self {
        self.attributes.put_well_known(Name::DEVICE, device.as_ref());
        self
    }

    /// Adds the operating system of the user's device: a [`Platform`](super::Platform) or any other text.
    #[inline]
    #[must_use]
    pub fn platform(mut self, platform: impl AsRef<str>) -> Self {
        self.attributes.put_well_known(Name::PLATFORM, platform.as_ref());
        self
    }

    /// Adds the version of the user's program.
    #[inline]
    #[must_use]
    pub fn version(mut self, version: impl AsRef<str>) -> Self {
        self.attributes.put_well_known(Name::VERSION, version.as_ref());
        self
    }

    /// Adds values to the attribute `name`. The attribute keeps the values that were added earlier.
    #[inline]
    #[must_use]
    pub fn attribute(mut self, name: &str, values: impl AttributeText) -> Self {
        values.each(&mut |value| self.add(name, value));
        self
    }

    /// Removes an attribute with all its values. Does nothing if the context has no such attribute.
    ///
    /// ```
    /// use fh_eval::Attributes;
    /// let fred = Attributes::builder().user_key("fred").attribute("plan", ["gold", "beta"]);
    /// let nobody = fred.remove("userkey").remove("unknown").build();
    /// assert!(nobody.get("userkey").is_none());
    /// assert_eq!(nobody.get("plan").unwrap().len(), 2);
    /// ```
    #[must_use]
    pub fn remove(self, name: &str) -> Self {
        if self.attributes.get(name).is_none() {
            return self;
        }
        let mut rest = Self::default();
        for (other, values) in self.attributes.iter().filter(|(other, _)| *other != name) {
            for value in values {
                rest.add(other, value);
            }
        }
        rest
    }

    /// Adds a value to the attribute `name`, after the values that the attribute has already.
    #[inline]
    pub fn add(&mut self, name: &str, value: &str) {
        if self.attributes.entries.len() < MANY_VALUES {
            self.attributes.put(name, value);
        } else {
            self.add_to_many(name, value);
        }
    }

    /// Adds a value, as [`Self::add`] does, to a context with many values.
    #[inline(never)]
    fn add_to_many(&mut self, name: &str, value: &str) {
        let short = Name::of(name);
        if !short.is_other() {
            return self.attributes.put(name, value);
        }
        let hash = |name: &str| Hashing::default().hash_one(name);
        let attributes = &mut self.attributes;
        let rows = self.rows.get_or_insert_with(|| {
            let firsts = attributes.iter().scan(0, |next, (name, values)| {
                let row = *next;
                *next += values.len();
                Some((hash(name), row))
            });
            Box::new(firsts.collect())
        });
        let row = rows.entry(hash(name)).or_insert(attributes.entries.len());
        if *row == attributes.entries.len() {
            return attributes.put_new(short, name, value);
        }
        if !attributes.is_first(*row, name) {
            // The row has moved, or belongs to another name with this hash.
            let Some(found) = attributes.first_row(short, name) else {
                return attributes.put_new(short, name, value);
            };
            *row = found;
        }
        attributes.put_next(*row, value);
    }

    /// Removes all attributes and keeps the memory, so that a program can build one context after the other without allocating.
    ///
    /// ```
    /// use fh_eval::Attributes;
    /// let mut builder = Attributes::builder().user_key("fred").attribute("plan", "gold");
    /// builder.clear();
    /// builder.add("userkey", "mara");
    /// assert_eq!(*builder.as_attributes(), Attributes::builder().user_key("mara").build());
    /// ```
    #[inline]
    pub fn clear(&mut self) {
        self.attributes.clear_values(0);
        self.rows = None;
    }

    /// Returns the context as it is built so far.
    #[inline]
    #[must_use]
    pub const fn as_attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Returns the finished context.
    #[inline]
    #[must_use]
    pub fn build(self) -> Attributes {
        self.attributes
    }

    /// Returns the number of values of all attributes together.
    pub(super) fn len(&self) -> usize {
        self.attributes.entries.len()
    }
}

impl From<Attributes> for AttributesBuilder {
    /// Creates a builder that has the attributes of a finished context.
    fn from(attributes: Attributes) -> Self {
        Self { attributes, rows: None }
    }
}

impl Attributes {
    /// Returns a builder of a context, which has no attributes yet.
    #[must_use]
    pub fn builder() -> AttributesBuilder {
        AttributesBuilder::default()
    }

    /// Adds a value to the attribute with a well-known name.
    fn put_well_known(&mut self, name: Name, value: &str) {
        match self.well_known.get(name.0 as usize) {
            Some(0) => self.put_first(name, (0, 0), value),
            _ => self.put(name.text().unwrap_or_default(), value),
        }
    }

    /// Adds a value to the attribute with any name, after the values that the attribute has already.
    #[inline]
    fn put(&mut self, text: &str, value: &str) {
        let name = Name::of(text);
        match self.first_row(name, text) {
            Some(first) => self.put_next(first, value),
            None => self.put_new(name, text, value),
        }
    }

    /// Returns true if the row has the first value of the attribute with this name, which is not well known.
    fn is_first(&self, row: usize, text: &str) -> bool {
        let name_at = |row: usize| self.entries.get(row).map(|entry| entry.name_at);
        self.entries.get(row).is_some_and(|entry| self.name_of(entry) == text)
            && row.checked_sub(1).and_then(name_at) != name_at(row)
    }

    /// Adds the first value of an attribute, which the context does not have yet.
    #[inline]
    fn put_new(&mut self, name: Name, text: &str, value: &str) {
        if !name.is_other() {
            self.put_first(name, (0, 0), value);
        } else if let Some(span) = self.append(text) {
            self.put_first(name, span, value);
        }
    }

    /// Stores one more value of the attribute whose first value is in row `first` of the entries. The value becomes the
    /// attribute's last one.
    pub(super) fn put_next(&mut self, first: usize, value: &str) {
        let Some(entry) = self.entries.get(first).copied() else { return };
        let name_span = (entry.name_at, entry.name_len);
        let Some(next) = self.store(entry.name, name_span, value) else { return };
        let row = first + entry.count as usize;
        self.entries.insert(row, next);
        if let Some(entry) = self.entries.get_mut(first) {
            entry.count += 1;
        }
        // The entries after the new one have moved by one row.
        for other in self.well_known.iter_mut().filter(|other| usize::from(**other) > row) {
            *other = other.saturating_add(1);
        }
    }

    /// Stores the first value of an attribute. `name_span` is the start and the length of the name in the text buffer,
    /// or (0, 0) for a well-known name.
    #[inline]
    fn put_first(&mut self, name: Name, name_span: (u32, u32), value: &str) {
        if self.push_first(name, name_span, value) && name == Name::USER_KEY {
            self.user_key.write(value.as_bytes());
        }
    }

    /// Stores the first value of an attribute, as [`Self::put_first`] does, without hashing a user key. Returns false if the
    /// value was left out.
    #[inline]
    pub(super) fn push_first(&mut self, name: Name, name_span: (u32, u32), value: &str) -> bool {
        let Some(entry) = self.store(name, name_span, value) else { return false };
        if self.entries.capacity() == 0 {
            self.entries = Vec::with_capacity(EXPECTED_VALUES);
        }
        self.entries.push(entry);
        if let Some(first) = self.well_known.get_mut(name.0 as usize) {
            *first = u8::try_from(self.entries.len()).unwrap_or(FAR);
        }
        true
    }

    #[inline]
    fn store(&mut self, name: Name, (name_at, name_len): (u32, u32), value: &str) -> Option<Entry> {
        let (at, len) = self.append(value)?;
        Some(Entry { count: 1, name, name_at, name_len, at, len })
    }

    /// Appends text to the buffer and returns the text's start and length in bytes. Returns `None` if the buffer would
    /// exceed 4 GiB; callers then leave the value out.
    #[inline]
    pub(super) fn append(&mut self, text: &str) -> Option<(u32, u32)> {
        let at = u32::try_from(self.text.len()).ok()?;
        let len = u32::try_from(text.len()).ok()?;
        at.checked_add(len)?;
        if self.text.capacity() == 0 {
            self.text = String::with_capacity(text.len().max(EXPECTED_TEXT));
        }
        self.text.push_str(text);
        Some((at, len))
    }
}
