//! A lenient reader of JSON. A part of the wrong shape is recorded as such instead of being an error.
//!
//! Values that may be numbers are kept as raw JSON, because serde_json's number type would lose digits. Its feature
//! `arbitrary_precision` would change serde_json for the whole program, so this crate must not enable it.

mod escaped;
#[cfg(feature = "featuresignals")]
pub(crate) mod generic;
mod not_json;
#[cfg(feature = "first-row")]
mod payload_text;
mod read;
#[cfg(feature = "first-row")]
mod record;
mod surrogate;
#[cfg(feature = "first-row")]
mod tree;
mod weight;

use std::borrow::Cow;
#[cfg(feature = "featuresignals")]
use std::hash::BuildHasher;

use serde::de::MapAccess;
use serde_json::value::RawValue;

use escaped::unescape;
pub use not_json::{HTML_PAGE, is_html_page, not_json};
#[cfg(feature = "first-row")]
pub(crate) use payload_text::payload_text;
pub use read::Listed;
pub(crate) use read::{
    ListOr, MemberValue, Object, ObjectOr, Reading, read_elements, read_list, read_object, shapes,
};
#[cfg(feature = "featbit")]
pub(crate) use record::texts;
#[cfg(feature = "first-row")]
pub(crate) use record::{Record, owned_text, records};
#[cfg(feature = "featuresignals")]
pub(crate) use record::{optional_texts, texts_or_empty};
pub use surrogate::{lone_surrogates, mend};
#[cfg(feature = "first-row")]
pub(crate) use tree::Elements;
#[cfg(feature = "first-row")]
pub use tree::{Json, Tree};
pub use weight::{TOO_DENSE, is_too_dense};

#[cfg(feature = "featuresignals")]
use crate::hashing::Hashing;
use crate::text::number::Decimal;

/// A JSON value where a value of type `T` is expected: absent, null, of the expected shape, or of another shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Shape<T> {
    /// The member is absent.
    #[default]
    Absent,
    /// The value is `null`.
    Null,
    /// The value has the expected shape.
    Is(T),
    /// The value has another shape, or the text is not JSON.
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

/// A JSON value. A list or an object is recorded without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// The value `null`.
    Null,
    /// The value `true` or `false`.
    Bool(bool),
    /// A number, as the JSON spells it.
    Number(&'a str),
    /// A string, unescaped. A lone surrogate becomes U+FFFD.
    Text(Cow<'a, str>),
    /// A list, without its elements.
    List,
    /// An object, without its members.
    Object,
}

impl<'a> Token<'a> {
    /// Reads a JSON value as a token, without the contents of a list or an object.
    #[must_use]
    pub fn of(raw: &'a RawValue) -> Self {
        Self::read(raw.get())
    }

    fn read(token: &'a str) -> Self {
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

    /// Returns the number as an integer, clamped to the range of an `i64`, or `None` if the token is not an integral
    /// number. `20.0` is integral, `"20"` is not. A number beyond every `f64`, such as `1e999`, gives `None`,
    /// because most readers of JSON cannot hold it.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        let Self::Number(digits) = self else { return None };
        digits
            .parse()
            .ok()
            .or_else(|| Decimal::parse(digits).filter(Decimal::has_finite_double)?.integer())
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

/// Returns a JSON text without the white space between its tokens.
#[must_use]
pub fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped, mut copied) = (false, false, 0);
    for (at, byte) in json.bytes().enumerate() {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if byte.is_ascii_whitespace() {
            out.push_str(json.get(copied..at).unwrap_or_default());
            copied = at + 1;
        } else {
            in_text = byte == b'"';
        }
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    out
}

/// All members of an object, in order. A name that occurs twice has two entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Object<'de> for Members<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        self.0.push((name, value.read()?));
        Ok(())
    }
}

/// The parts of an object that holds parts by key. Of equal keys, the last one counts.
#[cfg(feature = "featuresignals")]
#[derive(Default)]
struct Keyed<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// The last positions of the keys.
    last: hashbrown::HashTable<u32>,
    /// Number of members with the key of an earlier one.
    repeated: usize,
}

#[cfg(feature = "featuresignals")]
impl<'de> Object<'de> for Keyed<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        let value = value.read()?;
        let Self { members, last, repeated } = self;
        let hash = |name: &str| Hashing::default().hash_one(name);
        let key_at = |at: &u32| members.get(*at as usize).map_or("", |(key, _)| &**key);
        match last.find_mut(hash(&name), |at| key_at(at) == name) {
            Some(at) if *repeated >= read::MOST_UNREADABLE => {
                if let Some((_, former)) = members.get_mut(*at as usize) {
                    *former = value;
                }
                return Ok(());
            }
            Some(at) => {
                *at = members.len() as u32;
                *repeated += 1;
            }
            None => {
                let of = |at: &u32| hash(key_at(at));
                last.insert_unique(hash(&name), members.len() as u32, of);
            }
        }
        members.push((name, value));
        Ok(())
    }
}

/// Returns the members of an object that holds parts by key, as [`members`] does. A key that occurs more than 100 times has 100 entries,
/// and the last of them has the value that counts.
#[cfg(feature = "featuresignals")]
#[must_use]
pub fn members_by_key(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    read_object::<Keyed<'_>>(raw.get()).into_value().map(|keyed| keyed.members)
}

/// Returns the elements of a JSON list, or the shape of any other value. Returns [`Shape::Other`] if the text is not
/// JSON.
pub(crate) fn list(json: &str) -> Shape<Vec<&RawValue>> {
    Reading::either::<ListOr<&RawValue>>(json).map_or(Shape::Other, |list| list.0)
}

/// Returns the members of an object, in order and with their names unescaped, or `None` for any other JSON. A name that
/// occurs twice has two entries. A lone surrogate in a name becomes U+FFFD.
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

/// Returns the members of a JSON object, or the shape of any other value. Returns [`Shape::Other`] if the text is not
/// JSON.
pub(crate) fn object(json: &str) -> Shape<Members<'_>> {
    read_object(json)
}

#[cfg(test)]
mod tests {
    use super::*;

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
