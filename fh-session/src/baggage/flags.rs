//! Values of features for the baggage of a request: read, added to, written.

use std::fmt;

use fh_eval::Value;

use super::{MOST_BYTES, NAME, format};

/// How many of the keys that were left out are named.
const NAMED: usize = 32;

/// Values of features as they travel in baggage: each key once, the first value kept, no larger than there is room for.
///
/// The first value is kept because that is the point: all services of a request see the one that the first of them saw.
///
/// ```
/// use fh_session::baggage::{Added, Flags};
/// use fh_eval::Value;
/// let mut flags = Flags::parse("NEW_CHECKOUT=true");
/// assert_eq!(flags.add("BANNER", Some(&Value::Text("hello there".into()))), Added::Yes);
/// assert_eq!(flags.add("NEW_CHECKOUT", Some(&Value::Bool(false))), Added::WasThere);
/// assert_eq!(flags.to_string(), "BANNER=hello%20there,NEW_CHECKOUT=true");
/// ```
#[derive(Clone)]
pub struct Flags {
    /// Sorted by key.
    items: Vec<(Box<str>, Option<Box<str>>)>,
    room: usize,
    left_out: LeftOut,
}

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is in.
    Yes,
    /// There was a value already; that one stays.
    WasThere,
    /// There was no room.
    LeftOut,
}

/// What there was no room for. Prints itself for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// How many values.
    pub count: usize,
    /// The keys of the first of them.
    pub keys: Vec<Box<str>>,
}

impl LeftOut {
    /// Was there room for everything?
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
        write!(f, "no room in the baggage for {count} features: {}", keys.join(", "))?;
        if *count > keys.len() { f.write_str(", ...") } else { Ok(()) }
    }
}

impl Default for Flags {
    fn default() -> Self {
        Self::new()
    }
}

impl Flags {
    /// Nothing yet, and all the room that baggage has.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_room(MOST_BYTES)
    }

    /// Nothing yet, and room for an entry of this many bytes, its name included, where other entries need some as well.
    #[must_use]
    pub const fn with_room(bytes: usize) -> Self {
        Self {
            items: Vec::new(),
            // The name and its `=`.
            room: bytes.saturating_sub(NAME.len() + 1),
            left_out: LeftOut { count: 0, keys: Vec::new() },
        }
    }

    /// Reads the value of a baggage entry. Of a key that stands twice the first counts.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut flags = Self::new();
        flags.merge(text);
        flags
    }

    /// Adds what stands in the value of a baggage entry, whatever room there is: it has been carried before. Only what lies beyond the size of
    /// all baggage is left out.
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
            // The comma.
            read += 1;
        }
    }

    /// Adds the value of a feature, unless it has one; `None` is null.
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

    /// How much room an item takes.
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

    /// The value that travels for a feature: `None` if there is none, `Some(None)` for null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Option<&str>> {
        let place = self.place(key).ok()?;
        self.items.get(place).map(|(_, value)| value.as_deref())
    }

    /// Keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.items.iter().map(|(key, value)| (&**key, value.as_deref()))
    }

    /// Does nothing travel?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What there was no room for.
    #[must_use]
    pub const fn left_out(&self) -> &LeftOut {
        &self.left_out
    }
}

impl fmt::Display for Flags {
    /// The value of the baggage entry.
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
    /// Keys only: values may be about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.iter().map(|(key, _)| key).collect();
        f.debug_struct("Flags").field("keys", &keys).field("left_out", &self.left_out).finish()
    }
}
