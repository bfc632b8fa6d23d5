//! A set of feature values, which is read from the baggage of a request, extended, and written to baggage.

use std::fmt;

use fh_eval::Value;

use super::format::{self, MOST_BYTES, NAME};

/// Maximum number of keys that are recorded as left out. Further keys are only counted.
const NAMED: usize = 32;

/// Values of features in the form in which baggage carries them. Each key occurs once and keeps its first value. A value that is added with
/// [`Self::add`] is left out if the baggage has no room for it.
///
/// The first value is kept so that all services that handle a request see the value that the first service saw.
///
/// ```
/// use fh_repository::baggage::{Added, Flags};
/// use fh_eval::Value;
/// let mut flags = Flags::parse("NEW_CHECKOUT=true");
/// assert_eq!(flags.add("BANNER", Some(&Value::Text("hello there".into()))), Added::Yes);
/// assert_eq!(flags.add("NEW_CHECKOUT", Some(&Value::Bool(false))), Added::WasThere);
/// assert_eq!(flags.to_string(), "BANNER=hello%20there,NEW_CHECKOUT=true");
/// ```
#[derive(Clone)]
pub struct Flags {
    /// The keys and values, sorted by key. A value of `None` means null.
    items: Vec<(Box<str>, Option<Box<str>>)>,
    room: usize,
    left_out: LeftOut,
}

/// The result of [`Flags::add`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// The value was added.
    Yes,
    /// The feature already had a value, which is kept.
    WasThere,
    /// The value was not added, because the baggage had no room for it or the key is empty.
    LeftOut,
}

/// The values that were left out, because the baggage had no room for them or because they ended after the first [`MOST_BYTES`] bytes of a
/// text. `Display` writes a text for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Number of values that were left out.
    pub count: usize,
    /// The keys of the first 32 values that were left out.
    pub keys: Vec<Box<str>>,
}

impl LeftOut {
    /// Returns true if no value was left out.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn note(&mut self, key: &str) {
        self.count += 1;
        if self.keys.len() < NAMED {
            self.keys.push(key.into());
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, keys } = self;
        write!(f, "the baggage is full, so {count} features were left out: {}", keys.join(", "))?;
        if *count > keys.len() { f.write_str(", ...") } else { Ok(()) }
    }
}

impl Default for Flags {
    fn default() -> Self {
        Self::new()
    }
}

impl Flags {
    /// Creates an empty set that may use the whole size of baggage, [`MOST_BYTES`].
    #[must_use]
    pub const fn new() -> Self {
        Self::with_room(MOST_BYTES)
    }

    /// Creates an empty set for a baggage entry of at most `bytes` bytes, including the entry's name. A value that is [added](Self::add)
    /// and does not fit is left out. Use this function if the baggage has other entries as well.
    #[must_use]
    pub const fn with_room(bytes: usize) -> Self {
        Self {
            items: Vec::new(),
            // The entry's name and `=` count towards the size as well.
            room: bytes.saturating_sub(NAME.len() + 1),
            left_out: LeftOut { count: 0, keys: Vec::new() },
        }
    }

    /// Parses the value of a baggage entry. If a key occurs twice, the first value is kept. Items that end after the first [`MOST_BYTES`]
    /// bytes are left out.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut flags = Self::new();
        flags.merge(text);
        flags
    }

    /// Adds the items of a baggage entry's value even if the set has no room for them, because the baggage has carried them before. A key
    /// that the set already has keeps its value. Items that end after the first [`MOST_BYTES`] bytes of the text are left out.
    pub fn merge(&mut self, text: &str) {
        let mut read = 0;
        for piece in format::pieces(text) {
            read += piece.len();
            let Some((key, value)) = format::item(piece) else { continue };
            if read > MOST_BYTES {
                self.left_out.note(&key);
            } else if let Err(place) = self.place(&key) {
                let value = value.map(format::value);
                let size = self.size(&key, value.as_deref());
                self.put(place, &key, value.as_deref(), size);
            }
            // The comma after the item is read too.
            read += 1;
        }
    }

    /// Adds the value of a feature, unless the set has a value of this feature. A value for which the set has no room is left out, and so
    /// is a value with an empty key. A value of `None` means null.
    pub fn add(&mut self, key: &str, value: Option<&Value>) -> Added {
        if key.is_empty() {
            return Added::LeftOut;
        }
        let Err(place) = self.place(key) else { return Added::WasThere };
        let value = value.map(ToString::to_string);
        let size = self.size(key, value.as_deref());
        if size > self.room {
            self.left_out.note(key);
            return Added::LeftOut;
        }
        self.put(place, key, value.as_deref(), size);
        Added::Yes
    }

    /// Returns the maximum number of bytes by which a new item extends the baggage, including a comma if the set has other items.
    fn size(&self, key: &str, value: Option<&str>) -> usize {
        let mut item = String::new();
        if !self.items.is_empty() {
            item.push(',');
        }
        format::write(&mut item, key, value);
        format::carried(&item)
    }

    fn put(&mut self, place: usize, key: &str, value: Option<&str>, size: usize) {
        self.room = self.room.saturating_sub(size);
        self.items.insert(place, (key.into(), value.map(Into::into)));
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.items.binary_search_by(|(found, _)| format::order(found, key))
    }

    /// Returns the value of the feature with this key: `None` if the set has no value of the feature, `Some(None)` for null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Option<&str>> {
        let place = self.place(key).ok()?;
        self.items.get(place).map(|(_, value)| value.as_deref())
    }

    /// Returns all keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.items.iter().map(|(key, value)| (&**key, value.as_deref()))
    }

    /// Returns true if the set has no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns a report of the values that were left out, because the baggage had no room for them or because they ended after the first
    /// [`MOST_BYTES`] bytes of a text.
    #[must_use]
    pub const fn left_out(&self) -> &LeftOut {
        &self.left_out
    }
}

impl fmt::Display for Flags {
    /// Writes the value of the baggage entry.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (place, (key, value)) in self.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            format::write(&mut text, key, value);
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Flags {
    /// Shows no values, because they may be personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.iter().map(|(key, _)| key).collect();
        f.debug_struct("Flags").field("keys", &keys).field("left_out", &self.left_out).finish()
    }
}
