//! A lenient reader of JSON. A part of the wrong shape is recorded instead of being an error, and every scalar keeps
//! its token.
//!
//! The reader parses no numbers. serde_json's number type would lose digits. Its feature `arbitrary_precision` would
//! change serde_json for the whole program, so this crate must not enable it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::text::number::Decimal;

/// The shape of a JSON value, compared with the shape of the type `T` that is expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Shape<T> {
    /// The member is absent.
    #[default]
    Absent,
    /// The value is `null`.
    Null,
    /// The value has the expected shape.
    Is(T),
    /// The value has another shape.
    Other,
}

impl<T> Shape<T> {
    /// Returns the value if it has the expected shape, otherwise `None`.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Is(part) => Some(part),
            _ => None,
        }
    }

    /// Takes the value if it has the expected shape, otherwise returns `None`.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Is(part) => Some(part),
            _ => None,
        }
    }
}

/// A JSON value. A scalar keeps its text; a list or an object is recorded without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// The value `null`.
    Null,
    /// The value `true` or `false`.
    Bool(bool),
    /// A number, with the text that the JSON has.
    Number(&'a str),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// A list, without its elements.
    List,
    /// An object, without its members.
    Object,
}

impl<'a> Token<'a> {
    /// Returns the token of a JSON value.
    #[must_use]
    pub fn of(raw: &'a RawValue) -> Self {
        let token = raw.get();
        match token.as_bytes() {
            [b'"', .., b'"'] => Self::Text(unescape(token)),
            [b't', ..] => Self::Bool(true),
            [b'f', ..] => Self::Bool(false),
            [b'n', ..] => Self::Null,
            [b'[', ..] => Self::List,
            [b'{', ..] => Self::Object,
            _ => Self::Number(token),
        }
    }

    /// Returns the number as an integer, clamped to 64 bits, or `None` if the token is not an integral number (D-35).
    /// `20.0` is integral, `"20"` is not. A number beyond every `f64`, such as `1e999`, gives `None`, because most
    /// readers of JSON cannot hold it.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        let Self::Number(digits) = self else { return None };
        digits.parse().ok().or_else(|| {
            let has_double = digits.parse().is_ok_and(f64::is_finite);
            Decimal::parse(digits).filter(|_| has_double)?.integer()
        })
    }

    /// Returns the text that rules compare: a string unescaped, a number as the JSON spells it, `true` or `false`.
    /// Returns `None` for null, lists and objects.
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Bool(true) => Some("true".into()),
            Self::Bool(false) => Some("false".into()),
            Self::Number(digits) => Some(digits.into()),
            Self::Text(text) => Some(text),
            Self::Null | Self::List | Self::Object => None,
        }
    }
}

/// Unescapes a JSON string token, given with its quotes.
fn unescape(token: &str) -> Cow<'_, str> {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains('\\') {
        let mended = mend(token);
        serde_json::from_str::<String>(&mended).map_or(Cow::Borrowed(inner), Cow::Owned)
    } else {
        Cow::Borrowed(inner)
    }
}

/// Returns the escapes of lone surrogates in a JSON text (`\ud800` without the second half of its pair), with their
/// byte offsets in the text. Such escapes are legal JSON, but no Rust string can hold them.
pub fn lone_surrogates(json: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = json.as_bytes();
    let unit = |at: usize| -> Option<u16> {
        let hex = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
    };
    let mut next = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = bytes.get(next..)?;
            let at = next + rest.iter().position(|byte| *byte == b'\\')?;
            match unit(at) {
                Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => {
                    next = at + 12;
                }
                Some(0xD800..=0xDFFF) => {
                    next = at + 6;
                    return Some((at, json.get(at..next)?));
                }
                // Every other escape, such as `\\`, has at least two bytes, so two bytes are skipped.
                _ => next = at + 2,
            }
        }
    })
}

/// Returns a JSON text with an escape of U+FFFD in place of each escape of a lone surrogate.
pub(crate) fn mend(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    for (at, escape) in lone_surrogates(json) {
        out.push_str(json.get(done..at).unwrap_or_default());
        out.push_str("\\ufffd");
        done = at + escape.len();
    }
    if done == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// Returns a JSON text without the white space between its tokens.
#[must_use]
pub fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_text = c == '"';
        }
        out.push(c);
    }
    out
}

/// Returns a text that serde_json unescaped, with one U+FFFD in place of each lone surrogate. serde_json encodes a lone
/// surrogate in three bytes, which are not valid UTF-8.
fn without_surrogates(text: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.push_str(chunk.valid());
        // The second and the third byte of a surrogate are chunks of their own.
        if chunk.invalid().first() == Some(&0xED) {
            out.push('\u{fffd}');
        }
    }
    Cow::Owned(out)
}

/// The name of a member, unescaped.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Name(without_surrogates(name)))
            }
            fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
                Ok(Name(without_surrogates(name).into_owned().into()))
            }
        }
        // The name is read as bytes, because a lone surrogate in a text would make the whole object fail.
        deserializer.deserialize_bytes(NameVisitor)
    }
}

/// A type that reads the members of a JSON object one by one. A later member of the same name replaces the earlier one.
pub(crate) trait Object<'de>: Default {
    /// Reads or skips the value of the member `name`.
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &str,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error>;
}

/// The value of one member. The value must be read or skipped exactly once.
pub(crate) struct MemberValue<'m, A> {
    map: &'m mut A,
    reading: Reading,
}

impl<'de, A: MapAccess<'de>> MemberValue<'_, A> {
    /// Reads the value as a part of type `P`, whatever the shape of the value.
    pub(crate) fn read<P: Part<'de>>(self) -> Result<P, A::Error> {
        self.map.next_value_seed(PartSeed(self.reading, PhantomData))
    }

    /// Skips the value of the member.
    pub(crate) fn skip(self) -> Result<(), A::Error> {
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }
}

/// A way of reading JSON values whose shape is not known beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Reads a value in one pass. If a list or an object is expected, reading fails on numbers beyond an `f64` and on
    /// lone surrogates.
    Direct,
    /// Determines the shape of a value from its first byte, and then reads the value. Every JSON value can be read in
    /// this way, with one more pass over the text for each level of nesting.
    Careful,
}

impl Reading {
    /// Reads `json` with [`Reading::Direct`], which succeeds for nearly every document. Otherwise reads it with
    /// [`Reading::Careful`]. Returns `None` if both fail.
    fn either<'de, P: Part<'de>>(json: &'de str) -> Option<P> {
        [Self::Direct, Self::Careful].into_iter().find_map(|reading| reading.part(json))
    }

    fn part<'de, P: Part<'de>>(self, json: &'de str) -> Option<P> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let part = P::read(&mut deserializer, self).ok()?;
        deserializer.end().ok().map(|()| part)
    }

    /// Passes a value to a visitor that accepts lists, objects and scalars.
    fn shape<'de, D, V>(self, deserializer: D, visitor: V) -> Result<V::Value, D::Error>
    where
        D: Deserializer<'de>,
        V: Visitor<'de>,
    {
        if self == Self::Direct {
            return deserializer.deserialize_any(visitor);
        }
        let json = <&RawValue>::deserialize(deserializer)?.get();
        match json.as_bytes() {
            [b'[' | b'{', ..] => serde_json::Deserializer::from_str(json)
                .deserialize_any(visitor)
                .map_err(Error::custom),
            [b'n', ..] => visitor.visit_unit(),
            _ => visitor.visit_bool(true),
        }
    }
}

/// A type that can be read from one JSON value, whatever the shape of the value.
pub(crate) trait Part<'de>: Sized {
    /// Reads the value in the way that `reading` selects.
    fn read<D: Deserializer<'de>>(deserializer: D, reading: Reading) -> Result<Self, D::Error>;
}

impl<'de> Part<'de> for &'de RawValue {
    fn read<D: Deserializer<'de>>(deserializer: D, _: Reading) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

struct PartSeed<P>(Reading, PhantomData<P>);

impl<'de, P: Part<'de>> DeserializeSeed<'de> for PartSeed<P> {
    type Value = P;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<P, D::Error> {
        P::read(deserializer, self.0)
    }
}

/// An object, or the shape of the value that was found in place of an object.
#[derive(Debug, Clone)]
pub(crate) struct ObjectOr<T>(pub(crate) Shape<T>);

/// A list, or the shape of the value that was found in place of a list.
#[derive(Debug, Clone)]
pub(crate) struct ListOr<T>(pub(crate) Shape<Vec<T>>);

struct ShapeVisitor<T>(Reading, PhantomData<T>);

/// Generates the visitor's methods for values that are neither lists nor objects. Both visitors use them.
macro_rules! scalars {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Shape::Null)
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
    };
}

fn skip_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    // The names are read, because ignoring a name with a lone surrogate would fail.
    while map.next_entry::<Name<'de>, IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de, T: Object<'de>> Visitor<'de> for ShapeVisitor<ObjectOr<T>> {
    type Value = Shape<T>;
    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list)?;
        Ok(Shape::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = T::default();
        while let Some(Name(name)) = map.next_key()? {
            object.member(&name, MemberValue { map: &mut map, reading: self.0 })?;
        }
        Ok(Shape::Is(object))
    }
}

impl<'de, T: Part<'de>> Visitor<'de> for ShapeVisitor<ListOr<T>> {
    type Value = Shape<Vec<T>>;
    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(PartSeed(self.0, PhantomData))? {
            elements.push(element);
        }
        Ok(Shape::Is(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_object(map)?;
        Ok(Shape::Other)
    }
}

impl<'de, T: Object<'de>> Part<'de> for ObjectOr<T> {
    fn read<D: Deserializer<'de>>(deserializer: D, reading: Reading) -> Result<Self, D::Error> {
        reading.shape(deserializer, ShapeVisitor::<Self>(reading, PhantomData)).map(Self)
    }
}

impl<'de, T: Part<'de>> Part<'de> for ListOr<T> {
    fn read<D: Deserializer<'de>>(deserializer: D, reading: Reading) -> Result<Self, D::Error> {
        reading.shape(deserializer, ShapeVisitor::<Self>(reading, PhantomData)).map(Self)
    }
}

/// Reads an object. A member of the wrong shape is recorded as such, and the other members are read. Returns
/// [`Shape::Other`] if the text is not JSON.
pub(crate) fn read_object<'de, T: Object<'de>>(json: &'de str) -> Shape<T> {
    Reading::either::<ObjectOr<T>>(json).map_or(Shape::Other, |object| object.0)
}

/// Reads a list of objects. An element of the wrong shape is recorded as such, and the other elements are read. Returns
/// [`Shape::Other`] if the text is not JSON.
pub(crate) fn read_list<'de, T: Object<'de>>(json: &'de str) -> Shape<Vec<Shape<T>>> {
    Reading::either(json).map_or(Shape::Other, shapes)
}

/// Returns the shape of a list, with the shape of each element.
pub(crate) fn shapes<T>(list: ListOr<ObjectOr<T>>) -> Shape<Vec<Shape<T>>> {
    match list.0 {
        Shape::Is(list) => Shape::Is(list.into_iter().map(|part| part.0).collect()),
        Shape::Absent => Shape::Absent,
        Shape::Null => Shape::Null,
        Shape::Other => Shape::Other,
    }
}

/// All members of an object, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Object<'de> for Members<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &str,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        self.0.push((Cow::Owned(name.to_string()), value.read()?));
        Ok(())
    }
}

/// Returns the elements of a JSON list, or the shape of any other JSON value.
pub(crate) fn list(json: &str) -> Shape<Vec<&RawValue>> {
    Reading::either::<ListOr<&RawValue>>(json).map_or(Shape::Other, |list| list.0)
}

/// Returns the members of an object, in order and with their names unescaped, or `None` for any other JSON. A lone
/// surrogate in a name becomes U+FFFD.
///
/// ```
/// use serde_json::value::RawValue;
/// let raw: &RawValue = serde_json::from_str(r#"{"a": 1.50, "b": [2]}"#)?;
/// let members = fh_eval::internal::members(raw).unwrap();
/// assert_eq!(members[0].0, "a");
/// assert_eq!(members[0].1.get(), "1.50");
/// assert!(fh_eval::internal::members(members[1].1).is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn members(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    object(raw.get()).into_value().map(|members| members.0)
}

/// Returns the members of a JSON object, or the shape of any other JSON value.
pub(crate) fn object(json: &str) -> Shape<Members<'_>> {
    read_object(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_mended() {
        assert!(matches!(mend(r#"{"a":"b\\ud800"}"#), Cow::Borrowed(_)));
        assert!(matches!(mend(r#""\ud83d\udc22""#), Cow::Borrowed(_)));
        for (json, text) in [
            (r#""\ud800""#, "\u{fffd}"),
            (r#""a\uDC22b""#, "a\u{fffd}b"),
            (r#""\ud83d\ud83d\udc22""#, "\u{fffd}🐢"),
            (r#""\\\ud800\n""#, "\\\u{fffd}\n"),
            (r#""\ud800\u""#, "\\ud800\\u"),
        ] {
            assert_eq!(unescape(json), text, "{json}");
        }
    }

    #[test]
    fn tokens_keep_their_text() {
        let raw = |json: &'static str| serde_json::from_str::<&RawValue>(json).unwrap();
        assert_eq!(Token::of(raw("1.10")), Token::Number("1.10"));
        assert_eq!(Token::of(raw("-1e+5")).text().unwrap(), "-1e+5");
        assert_eq!(Token::of(raw("1e999")).text().unwrap(), "1e999");
        assert_eq!(Token::of(raw(" true ")).text().unwrap(), "true");
        assert_eq!(Token::of(raw(r#""\u00e9""#)).text().unwrap(), "é");
        assert_eq!(Token::of(raw("null")).text(), None);
        assert_eq!(Token::of(raw("[1]")), Token::List);
        for (json, integer) in [
            ("20", Some(20)),
            ("20.0", Some(20)),
            ("2e1", Some(20)),
            ("-5", Some(-5)),
            ("1e30", Some(i64::MAX)),
            ("20.5", None),
            ("\"20\"", None),
            ("true", None),
            ("null", None),
            ("1e999", None),
            ("-1e999", None),
            ("1e-400", None),
            ("20.00000000000000000000000000001", None),
            ("2000000.0e-4", Some(200)),
            ("-0.0", Some(0)),
            ("-1e30", Some(i64::MIN)),
            ("9223372036854775807.0", Some(i64::MAX)),
            ("9223372036854775806.0", Some(i64::MAX - 1)),
        ] {
            assert_eq!(Token::of(raw(json)).integer(), integer, "{json}");
        }
    }

    #[test]
    fn a_lone_surrogate_in_a_name_is_one_character() {
        let raw: &RawValue =
            serde_json::from_str(r#"{"a\ud800b\udc00":1,"\ud83d\udc22":2}"#).unwrap();
        let names: Vec<_> = members(raw).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a\u{fffd}b\u{fffd}", "🐢"]);
    }

    #[test]
    fn a_list_or_object_may_hold_anything() {
        for json in ["1e999", "-1e999", r#""\ud800""#, "7", "true"] {
            let is_other = |shape: Shape<Members<'_>>| matches!(shape, Shape::Other);
            assert!(is_other(object(json)) && matches!(list(json), Shape::Other), "{json}");
            let within = format!(r#"{{"a":{json},"\ud800":{json}}}"#);
            assert!(matches!(object(&within), Shape::Is(Members(members)) if members.len() == 2));
            let within = format!("[{json},{json}]");
            assert!(matches!(list(&within), Shape::Is(elements) if elements.len() == 2));
        }
    }

    #[test]
    fn depth_does_not_matter_in_what_is_skipped() {
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(object(&deep), Shape::Is(Members(members)) if members.len() == 1));
        assert!(matches!(list(&deep), Shape::Other));
    }
}
