//! Building contexts.

use std::fmt::Write;

use super::{Attributes, Entry, Name};

/// Collects attributes; see [`Attributes::builder`].
#[derive(Debug, Clone, Default)]
pub struct AttributesBuilder {
    attributes: Attributes,
}

/// Something that is one or more attribute values: text, numbers, booleans, and lists of them.
///
/// Numbers become decimal text (`5.0_f64` becomes `5`); NaN and infinities have none and are left out. Booleans become `true` and
/// `false`. `None` and empty lists add nothing.
pub trait AttributeText {
    /// Gives each value's text to `add`.
    fn each(&self, add: &mut dyn FnMut(&str));
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
}

impl<T: AttributeText> AttributeText for Option<T> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        if let Some(value) = self {
            value.each(add);
        }
    }
}

impl<T: AttributeText> AttributeText for [T] {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        for value in self {
            value.each(add);
        }
    }
}

impl<T: AttributeText, const N: usize> AttributeText for [T; N] {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        self.as_slice().each(add);
    }
}

impl<T: AttributeText> AttributeText for Vec<T> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        self.as_slice().each(add);
    }
}

impl AttributesBuilder {
    /// Who the user is: the default percentage key (after the session).
    #[inline]
    #[must_use]
    pub fn user_key(self, key: impl AsRef<str>) -> Self {
        self.well_known(Name::USER_KEY, key.as_ref())
    }

    /// The session, which goes before the user key when percentages are drawn (evaluation 2.2).
    #[inline]
    #[must_use]
    pub fn session(self, session: impl AsRef<str>) -> Self {
        self.well_known(Name::SESSION, session.as_ref())
    }

    /// A [`Country`](super::Country) or any other text.
    #[inline]
    #[must_use]
    pub fn country(self, country: impl AsRef<str>) -> Self {
        self.well_known(Name::COUNTRY, country.as_ref())
    }

    /// A [`Device`](super::Device) or any other text.
    #[inline]
    #[must_use]
    pub fn device(self, device: impl AsRef<str>) -> Self {
        self.well_known(Name::DEVICE, device.as_ref())
    }

    /// A [`Platform`](super::Platform) or any other text.
    #[inline]
    #[must_use]
    pub fn platform(self, platform: impl AsRef<str>) -> Self {
        self.well_known(Name::PLATFORM, platform.as_ref())
    }

    /// The version of the user's program.
    #[inline]
    #[must_use]
    pub fn version(self, version: impl AsRef<str>) -> Self {
        self.well_known(Name::VERSION, version.as_ref())
    }

    /// Any attribute. The same name again adds values to it.
    #[inline]
    #[must_use]
    pub fn attribute(mut self, name: &str, values: impl AttributeText) -> Self {
        values.each(&mut |value| self.add(name, value));
        self
    }

    /// The finished context.
    #[inline]
    #[must_use]
    pub fn build(self) -> Attributes {
        self.attributes
    }

    /// How many values there are so far.
    pub(super) fn len(&self) -> usize {
        self.attributes.entries.len()
    }

    #[inline]
    fn well_known(mut self, name: Name, value: &str) -> Self {
        if self.attributes.well_known & name.bit() == 0 {
            self.attributes.first(name, (0, 0), value);
        } else {
            self.add(name.text().unwrap_or_default(), value);
        }
        self
    }

    /// Adds one value.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let attributes = &mut self.attributes;
        let symbol = Name::of(name);
        let last =
            attributes.entries.iter().rposition(|entry| attributes.is_named(entry, symbol, name));
        match last.and_then(|last| Some((last, *attributes.entries.get(last)?))) {
            Some((last, entry)) => {
                if let Some(entry) =
                    attributes.store(symbol, (entry.name_at, entry.name_len), value)
                {
                    attributes.entries.insert(last + 1, entry);
                }
            }
            None if symbol.is_other() => {
                if let Some(name) = attributes.append(name) {
                    attributes.first(symbol, name, value);
                }
            }
            None => attributes.first(symbol, (0, 0), value),
        }
    }
}

impl Attributes {
    /// Stores the first value of an attribute.
    #[inline]
    fn first(&mut self, name: Name, name_span: (u32, u32), value: &str) {
        if let Some(entry) = self.store(name, name_span, value) {
            self.entries.push(entry);
            if !name.is_other() {
                self.well_known |= name.bit();
            }
            if name == Name::USER_KEY {
                self.user_key.write(value.as_bytes());
            }
        }
    }

    #[inline]
    fn store(&mut self, name: Name, (name_at, name_len): (u32, u32), value: &str) -> Option<Entry> {
        let (at, len) = self.append(value)?;
        Some(Entry { name, name_at, name_len, at, len })
    }

    /// Puts text into the buffer. `None` beyond 4 GiB of it: what no longer fits is left out.
    #[inline]
    fn append(&mut self, text: &str) -> Option<(u32, u32)> {
        let at = u32::try_from(self.text.len()).ok()?;
        let len = u32::try_from(text.len()).ok()?;
        at.checked_add(len)?;
        if self.text.capacity() == 0 {
            self.text.reserve(text.len().max(120));
        }
        self.text.push_str(text);
        Some((at, len))
    }
}
