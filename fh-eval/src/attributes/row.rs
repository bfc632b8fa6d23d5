//! A context that is built again and again in the same memory, from the rows of a table.

use super::{Attributes, Name, Supplied, head, slice, tail};
use crate::bucket::Murmur3;
use crate::text::version::pack;

/// An attribute whose name is stored in a context before the values of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeclaredName {
    name: Name,
    name_at: u32,
    name_len: u32,
}

/// A position in the texts of a context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredText {
    at: u32,
    len: u32,
}

/// The data of a text that rules read: its first and last bytes, its packed version, and its hash as a user key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Converted {
    head: u64,
    tail: u64,
    pub(crate) packed: Option<u64>,
    hash: Murmur3,
}

impl Converted {
    pub(crate) fn of(text: &str) -> Self {
        let mut hash = Murmur3::new();
        hash.write(text.as_bytes());
        Self { head: head(text.as_bytes()), tail: tail(text.as_bytes()), packed: pack(text), hash }
    }
}

impl Attributes {
    /// Stores the name of an attribute that has no values yet. The context must have no values.
    pub(crate) fn declare(&mut self, name: &str) -> DeclaredName {
        let short = Name::of(name);
        let span = if short.is_other() { self.append(name) } else { None };
        let (name_at, name_len) = span.unwrap_or_default();
        DeclaredName { name: short, name_at, name_len }
    }

    /// Returns the size of the texts, which [`Self::clear_values`] takes.
    pub(crate) const fn text_size(&self) -> usize {
        self.text.len()
    }

    /// Removes all values and keeps the memory. `names` is the size of the texts after the last declared name.
    pub(crate) fn clear_values(&mut self, names: usize) {
        self.text.truncate(names);
        self.entries.clear();
        self.well_known = Default::default();
        self.user_key = Murmur3::new();
    }

    /// Adds the first value of a declared attribute. Returns the position of the text, or `None` if the texts of the context
    /// would exceed 4 GiB, so that the value is left out.
    #[inline]
    pub(crate) fn add_first(&mut self, name: DeclaredName, value: &str) -> Option<StoredText> {
        let text = self.add_unhashed(name, value)?;
        if name.name == Name::USER_KEY {
            self.user_key.write(value.as_bytes());
        }
        Some(text)
    }

    /// Adds the first value of a declared attribute, as [`Self::add_first`] does, without hashing it.
    #[inline]
    pub(crate) fn add_converted(
        &mut self,
        name: DeclaredName,
        value: &str,
        converted: &Converted,
    ) -> Option<StoredText> {
        let text = self.add_unhashed(name, value)?;
        if name.name == Name::USER_KEY {
            self.user_key = converted.hash;
        }
        Some(text)
    }

    #[inline]
    fn add_unhashed(&mut self, name: DeclaredName, value: &str) -> Option<StoredText> {
        let before = self.entries.len();
        self.push_first(name.name, (name.name_at, name.name_len), value);
        let added = self.entries.get(before)?;
        Some(StoredText { at: added.at, len: added.len })
    }

    /// Adds a further value of a declared attribute that has values already.
    pub(crate) fn add_next(&mut self, name: DeclaredName, value: &str) {
        let is_same = |entry: &super::Entry| {
            entry.name == name.name
                && (entry.name_at, entry.name_len) == (name.name_at, name.name_len)
        };
        if let Some(first) = self.entries.iter().position(is_same) {
            self.put_next(first, value);
        }
    }

    /// Returns a stored text together with its converted form.
    #[inline]
    pub(crate) fn supplied(&self, stored: StoredText, converted: &Converted) -> Supplied<'_> {
        let text = slice(&self.text, stored.at, stored.len);
        Supplied { text, head: converted.head, tail: converted.tail }
    }
}
