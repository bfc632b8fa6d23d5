//! The parts of a JSON value, which are found in one pass over its text. Reading a value within a value then reads no text again.

use std::borrow::Cow;
use std::mem;

use serde_json::value::RawValue;

use super::escaped::unescape;
use super::read::MOST_UNREADABLE;
use super::token::{Shape, Token, compact};

/// A JSON value and the positions of all values in it.
#[derive(Default)]
pub struct Tree<'a> {
    text: &'a str,
    parts: Vec<Part>,
    /// The lists and objects that are open while a value is read. The list is kept for its memory.
    open: Vec<u32>,
    /// The number of lists and objects of which the deepest value is a part.
    #[cfg_attr(
        not(feature = "featuresignals"),
        expect(dead_code, reason = "only Go limits the depth")
    )]
    depth: usize,
    /// True if there is white space between tokens.
    is_spaced: bool,
}

/// A value, or the name of a member, which precedes its value. It takes 12 bytes, since a hostile text has a part for every two bytes.
#[derive(Debug, Clone, Copy)]
struct Part {
    from: u32,
    to: u32,
    /// Twice the number of parts in this one, itself included, and one more for a text with escapes. The parts of a list or an object follow
    /// it.
    twice_count: u32,
}

/// The longest text that has parts. A part takes two bytes of text or more, so that its count is below 2^31.
const LONGEST: usize = u32::MAX as usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    List,
    /// A text without escapes.
    Plain,
    /// A text with escapes.
    Escaped,
    /// A number, a boolean or null.
    Other,
}

/// A value of a tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<'a> {
    /// The text of the whole tree.
    text: &'a str,
    /// The part of the value, and the parts in it.
    parts: &'a [Part],
}

/// The elements of a list, or the names and the values of an object.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Elements<'a> {
    text: &'a str,
    rest: &'a [Part],
}

impl<'a> Tree<'a> {
    /// Reads a value. Its depth is not limited, and reading does not recurse. A value of 4 GiB or more is read as null.
    #[must_use]
    pub fn of(raw: &'a RawValue) -> Self {
        Self::of_json(raw.get())
    }

    /// Reads a text, which must be JSON.
    pub(super) fn of_json(json: &'a str) -> Self {
        let mut tree = Self::default();
        tree.read(json);
        tree
    }

    /// Reads another value in the memory of this one.
    #[cfg(feature = "featbit")]
    pub(crate) fn replace(&mut self, raw: &'a RawValue) {
        self.read(raw.get());
    }

    fn read(&mut self, json: &'a str) {
        let text = if json.len() > LONGEST { "null" } else { json };
        let bytes = text.as_bytes();
        let (mut parts, mut open) = (mem::take(&mut self.parts), mem::take(&mut self.open));
        parts.clear();
        // A part of a flag has some ten bytes on average.
        parts.reserve(bytes.len() / 8 + 1);
        let mut depth = 0;
        let mut is_spaced = false;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let from = at;
            let mut is_escaped = false;
            match byte {
                b'"' => (at, is_escaped) = end_of_text(bytes, at + 1),
                b'[' | b'{' => {
                    open.push(parts.len() as u32);
                    depth = depth.max(open.len());
                    at += 1;
                }
                b']' | b'}' => {
                    at += 1;
                    if let Some(at_list) = open.pop() {
                        let count = parts.len() as u32 - at_list;
                        if let Some(part) = parts.get_mut(at_list as usize) {
                            (part.to, part.twice_count) = (at as u32, 2 * count);
                        }
                    }
                    continue;
                }
                b',' | b':' => {
                    at += 1;
                    continue;
                }
                byte if byte.is_ascii_whitespace() => {
                    is_spaced = true;
                    at += 1;
                    continue;
                }
                _ => at = end_of_scalar(bytes, at + 1),
            }
            let twice_count = 2 | u32::from(is_escaped);
            parts.push(Part { from: from as u32, to: at as u32, twice_count });
        }
        *self = Self { text, parts, open, depth, is_spaced };
    }

    /// Returns the number of lists and objects of which the deepest value is a part.
    #[cfg(feature = "featuresignals")]
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the value.
    #[must_use]
    pub fn json(&self) -> Json<'_> {
        Json { text: self.text, parts: &self.parts }
    }

    /// Returns the text of the value without the white space between its tokens.
    #[must_use]
    pub fn compact(&self) -> Cow<'a, str> {
        if self.is_spaced { compact(self.text).into() } else { self.text.into() }
    }
}

impl Part {
    /// Returns the number of parts in this one, itself included.
    const fn count(self) -> usize {
        (self.twice_count / 2) as usize
    }

    const fn is_escaped(self) -> bool {
        self.twice_count & 1 == 1
    }

    fn get(self, text: &str) -> &str {
        text.get(self.from as usize..self.to as usize).unwrap_or_default()
    }

    fn kind(self, text: &str) -> Kind {
        match text.as_bytes().get(self.from as usize) {
            Some(b'"') if self.is_escaped() => Kind::Escaped,
            Some(b'"') => Kind::Plain,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            _ => Kind::Other,
        }
    }

    /// Returns true if this part, the name of a member, is this name.
    fn is_name(self, text: &str, name: &str) -> bool {
        if self.is_escaped() {
            return unescape(self.get(text)) == name;
        }
        // Most names differ in their lengths.
        (self.to - self.from) as usize == name.len() + 2
            && text.as_bytes().get(self.from as usize + 1..self.to as usize - 1)
                == Some(name.as_bytes())
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        let (parts, rest) = self.rest.split_at_checked(self.rest.first()?.count())?;
        self.rest = rest;
        Some(Json { text: self.text, parts })
    }
}

impl<'a> Elements<'a> {
    /// Returns the elements of a list of objects with their positions. Of elements that are no objects, it has the first ones.
    pub(crate) fn objects(self) -> impl Iterator<Item = (u32, Json<'a>)> {
        let mut unreadable = 0;
        (0..).zip(self).filter(move |(_, json)| {
            let is_object = json.is_object();
            unreadable += usize::from(!is_object);
            is_object || unreadable <= MOST_UNREADABLE
        })
    }
}

#[cfg(feature = "featuresignals")]
impl Elements<'_> {
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> Json<'a> {
    /// Returns the text of the value.
    #[must_use]
    pub fn get(self) -> &'a str {
        self.parts.first().map_or("", |part| part.get(self.text))
    }

    /// Returns the value as a token, without the contents of a list or an object.
    #[must_use]
    pub fn token(self) -> Token<'a> {
        match self.kind() {
            Some(Kind::Plain) => Token::Text(Cow::Borrowed(self.inside())),
            _ => Token::read(self.get()),
        }
    }

    pub(super) fn is_object(self) -> bool {
        self.kind() == Some(Kind::Object)
    }

    fn kind(self) -> Option<Kind> {
        self.parts.first().map(|part| part.kind(self.text))
    }

    /// Returns the text between the quotes of a text.
    fn inside(self) -> &'a str {
        let token = self.get();
        token.get(1..token.len().saturating_sub(1)).unwrap_or_default()
    }

    pub(crate) fn list(self) -> Shape<Elements<'a>> {
        match self.kind() {
            Some(Kind::List) => Shape::Is(self.inner()),
            Some(Kind::Other) if self.get() == "null" => Shape::Null,
            _ => Shape::Other,
        }
    }

    /// Returns the members of an object, in order and with their names unescaped, or `None` for any other value. A name that occurs twice
    /// has two entries. A lone surrogate in a name becomes U+FFFD.
    #[must_use]
    pub fn members(self) -> Option<impl Iterator<Item = (Cow<'a, str>, Self)>> {
        let mut inner = self.is_object().then(|| self.inner())?;
        Some(std::iter::from_fn(move || Some((inner.next()?.text(), inner.next()?))))
    }

    /// Returns the last member of an object with this name.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        let text = self.text;
        let mut found = None;
        let mut rest = self.parts.get(1..).unwrap_or_default();
        while let [of_name, inner @ ..] = rest {
            let (value, others) = inner.split_at_checked(inner.first()?.count())?;
            if of_name.is_name(text, name) {
                found = Some(Self { text, parts: value });
            }
            rest = others;
        }
        found
    }

    fn text(self) -> Cow<'a, str> {
        match self.kind() {
            Some(Kind::Plain) => Cow::Borrowed(self.inside()),
            _ => unescape(self.get()),
        }
    }

    /// Returns the elements of a list, or the names and the values of an object.
    fn inner(self) -> Elements<'a> {
        Elements { text: self.text, rest: self.parts.get(1..).unwrap_or_default() }
    }
}

/// Returns the position after the quote that ends the text with this position in it, and whether the text has escapes.
fn end_of_text(bytes: &[u8], mut at: usize) -> (usize, bool) {
    let mut is_escaped = false;
    loop {
        at = next_quote_or_escape(bytes, at);
        match bytes.get(at) {
            Some(b'\\') => {
                is_escaped = true;
                at += 2;
            }
            Some(_) => return (at + 1, is_escaped),
            None => return (bytes.len(), is_escaped),
        }
    }
}

/// Returns the position of the next quote or backslash. Eight bytes are compared at once, because texts may be long.
fn next_quote_or_escape(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The lowest set bit is that of the first equal byte. Bits above it may be wrong.
    let equal = |chunk: u64, byte: u8| {
        let difference = chunk ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference & HIGH
    };
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let chunk = u64::from_le_bytes(*chunk);
        let found = equal(chunk, b'"') | equal(chunk, b'\\');
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    at + found.unwrap_or(rest.len())
}

fn end_of_scalar(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
    at + rest.iter().position(is_end).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Returns the value as serde_json reads it, from its parts.
    fn value(json: Json<'_>) -> Value {
        match (json.token(), json.list()) {
            (_, Shape::Is(list)) => list.into_iter().map(value).collect(),
            (Token::Object, _) => {
                let members = json.members().unwrap();
                Value::Object(members.map(|(name, it)| (name.into_owned(), value(it))).collect())
            }
            (Token::Text(text), _) => text.into(),
            _ => serde_json::from_str(json.get()).unwrap(),
        }
    }

    #[test]
    fn the_last_member_with_a_name_counts() {
        let raw: &RawValue = serde_json::from_str(r#" {"a":1,"\u0061":[2],"b":{"a":3}} "#).unwrap();
        let tree = Tree::of(raw);
        let found = |name| tree.json().member(name).map(Json::get);
        assert_eq!((found("a"), found("b"), found("c")), (Some("[2]"), Some(r#"{"a":3}"#), None));
    }

    proptest! {
        #[test]
        fn parts_are_those_that_serde_json_reads(
            json in {
                let text = r#""([a-z ,:\[\]{}]|\\["\\n]|\\u00e9|é){0,20}""#;
                let leaf = prop_oneof![text, "-?[1-9][0-9]{0,8}", "true|false|null"];
                leaf.prop_recursive(4, 40, 5, move |inner| {
                    let lists = prop::collection::vec(inner.clone(), 0..5)
                        .prop_map(|list| format!("[ {} ]", list.join(" ,")));
                    let objects = prop::collection::vec((text, inner), 0..5).prop_map(|members| {
                        let members = members.iter().map(|(name, it)| format!("{name}:{it}\n"));
                        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
                    });
                    prop_oneof![lists, objects]
                })
            },
        ) {
            let raw: &RawValue = serde_json::from_str(&json).unwrap();
            let expected: Value = serde_json::from_str(&json).unwrap();
            let tree = Tree::of(raw);
            prop_assert_eq!(value(tree.json()), expected);
            prop_assert_eq!(tree.json().get(), json.as_str());
            prop_assert_eq!(tree.compact(), compact(&json));
        }
    }
}
