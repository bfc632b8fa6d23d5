//! The contexts of FeatureSignals.

use std::collections::HashMap;
use std::fmt;

use serde_json::value::RawValue;

use crate::attributes::Attributes;
use crate::attributes::build::{AttributeText, AttributesBuilder};
use crate::attributes::names::KEY;
use crate::json::generic::{Unwritable, Writing, write};
use crate::json::{Token, members};

/// A context of FeatureSignals: a key, and attributes that are any JSON.
///
/// Conditions compare texts. An attribute gets the text that FeatureSignals' server gives it: `true`, the number 1000000 as `1e+06`, null as
/// `<nil>`, a list as `[a b]`, and an object as `map[a:1 b:2]`. Identifiers and times in milliseconds are therefore given as texts.
#[derive(Debug, Clone)]
pub struct Context {
    attributes: Attributes,
}

/// A builder of a context; see [`Context::builder`].
#[derive(Debug, Clone)]
pub struct ContextBuilder {
    attributes: AttributesBuilder,
}

/// The error for JSON from which no context can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidContext {
    /// The text is not a JSON object.
    NotAnObject,
    /// This member has another type than a context's member of this name.
    WrongType(&'static str),
    /// The context has no key.
    NoKey,
    /// A context has no member with this name.
    UnknownMember(Box<str>),
    /// The attribute with this name has a number beyond the range of doubles.
    Number(Box<str>),
    /// The attribute with this name is nested more than 10,000 times.
    Depth(Box<str>),
}

impl fmt::Display for InvalidContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str(
                "a context is a JSON object such as {\"key\": \"bob\", \"attributes\": {\"plan\": \"pro\"}}",
            ),
            Self::WrongType("key") => f.write_str("the key of a context is a text"),
            Self::WrongType(member) => write!(f, "the member `{member}` of a context is an object"),
            Self::NoKey => f.write_str("a context has a member `key`, such as {\"key\": \"bob\"}"),
            Self::UnknownMember(name) => {
                write!(f, "a context has no member `{name}`: put it into `attributes`")
            }
            Self::Number(name) => {
                write!(f, "the attribute `{name}` has a number beyond the range of doubles")
            }
            Self::Depth(name) => write!(f, "the attribute `{name}` has more than 10,000 levels"),
        }
    }
}

impl std::error::Error for InvalidContext {}

impl Context {
    /// Returns a builder of a context with this key, which may be empty.
    #[must_use]
    pub fn builder(key: impl AsRef<str>) -> ContextBuilder {
        let mut attributes = Attributes::builder();
        attributes.add(KEY, key.as_ref());
        ContextBuilder { attributes }
    }

    /// Parses a context, with the members `key` and `attributes`. Of attributes with the same name, the last one counts. An attribute `key`
    /// is ignored.
    ///
    /// # Errors
    /// Fails with [`InvalidContext`] if the text is not such an object, or if an attribute cannot be read.
    pub fn from_json(json: &str) -> Result<Self, InvalidContext> {
        let raw: &RawValue = serde_json::from_str(json).map_err(|_| InvalidContext::NotAnObject)?;
        let mut key = None;
        let mut attributes = Vec::new();
        for (name, value) in members(raw).ok_or(InvalidContext::NotAnObject)? {
            match (&*name, Token::of(value)) {
                ("key", Token::Text(text)) => key = Some(text.into_owned()),
                ("key", _) => return Err(InvalidContext::WrongType("key")),
                ("attributes", Token::Null) => {}
                ("attributes", _) => {
                    let found = members(value).ok_or(InvalidContext::WrongType("attributes"))?;
                    attributes.extend(found);
                }
                _ => return Err(InvalidContext::UnknownMember((*name).into())),
            }
        }
        let mut builder = Self::builder(key.ok_or(InvalidContext::NoKey)?);
        let last: HashMap<&str, usize> =
            attributes.iter().enumerate().map(|(at, (name, _))| (&**name, at)).collect();
        for (at, (name, value)) in attributes.iter().enumerate() {
            let text = write(value.get(), Writing::Plain).map_err(|why| match why {
                Unwritable::Number => InvalidContext::Number((**name).into()),
                Unwritable::Depth => InvalidContext::Depth((**name).into()),
            })?;
            if name != KEY && last.get(&**name) == Some(&at) {
                builder.attributes.add(name, &text);
            }
        }
        Ok(builder.build())
    }

    /// Returns the context in the form in which flags are evaluated, with the key as the attribute `key`.
    #[must_use]
    pub const fn attributes(&self) -> &Attributes {
        &self.attributes
    }
}

impl From<Attributes> for Context {
    /// Returns the context with these attributes, of which `key` is the key of the context.
    fn from(attributes: Attributes) -> Self {
        Self { attributes }
    }
}

impl ContextBuilder {
    /// Sets an attribute, which replaces an earlier value. An attribute `key` has no effect, because this name is the key of the context.
    /// Integers become doubles, as on FeatureSignals' server. A value that is nested more than 10,000 times has no effect.
    ///
    /// ```
    /// use fh_eval::featuresignals::Context;
    /// let bob = Context::builder("bob").attribute("plan", "pro").attribute("visits", 1_000_000).build();
    /// assert_eq!(bob.attributes().get("visits").unwrap().next(), Some("1e+06"));
    /// ```
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let json = serde_json::to_string(&value.into()).unwrap_or_default();
        if let Ok(text) = write(&json, Writing::Plain)
            && name != KEY
        {
            self.attributes = self.attributes.remove(name);
            self.attributes.add(name, &text);
        }
        self
    }

    /// Returns the finished context.
    #[must_use]
    pub fn build(self) -> Context {
        Context { attributes: self.attributes.build() }
    }
}

/// Returns the text of an attribute: a list becomes the text that FeatureSignals' server makes of a list, such as `[a b]`.
/// `None` without a value.
///
/// ```
/// use fh_eval::featuresignals::attribute_text;
/// assert_eq!(attribute_text(&["a", "b"]).as_deref(), Some("[a b]"));
/// assert_eq!(attribute_text(&["a"]).as_deref(), Some("[a]"));
/// assert_eq!(attribute_text(&1_000_000).as_deref(), Some("1000000"));
/// ```
#[must_use]
pub fn attribute_text(value: &impl AttributeText) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    value.each(&mut |text| texts.push(text.to_string()));
    if value.is_list() { Some(format!("[{}]", texts.join(" "))) } else { texts.pop() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_the_texts_of_the_server() {
        let json = r#"{"attributes": {"plan": "free", "key": "x", "userkey": 5}, "key": "bob",
            "attributes": {"plan": "pro", "tags": ["a", null], "ok": true}}"#;
        let read = Context::from_json(json).unwrap();
        let built = Context::builder("bob")
            .attribute("plan", "free")
            .attribute("key", "y")
            .attribute("userkey", 5)
            .attribute("plan", "pro")
            .attribute("tags", serde_json::json!(["a", null]))
            .attribute("ok", true)
            .build();
        assert_eq!(read.attributes(), built.attributes());
        let texts = |name| read.attributes().get(name).unwrap().collect::<Vec<_>>();
        assert_eq!((texts("tags"), texts("key")), (vec!["[a <nil>]"], vec!["bob"]));
        // A list has the same text as in JSON, also with one element or none.
        for list in [&["x", "y"][..], &["x"], &[]] {
            let read = Context::builder("bob").attribute("l", serde_json::json!(list)).build();
            assert_eq!(
                attribute_text(&list).as_deref(),
                read.attributes().get("l").unwrap().next()
            );
        }
    }

    #[test]
    fn errors_name_the_member() {
        for (json, error) in [
            ("[]", InvalidContext::NotAnObject),
            ("{", InvalidContext::NotAnObject),
            (r#"{"attributes": {}}"#, InvalidContext::NoKey),
            (r#"{"key": 1}"#, InvalidContext::WrongType("key")),
            (r#"{"key": "a", "attributes": []}"#, InvalidContext::WrongType("attributes")),
            (r#"{"key": "a", "plan": "pro"}"#, InvalidContext::UnknownMember("plan".into())),
            (r#"{"key": "a", "attributes": {"n": 1e400}}"#, InvalidContext::Number("n".into())),
        ] {
            assert_eq!(Context::from_json(json).unwrap_err(), error, "{json}");
        }
    }
}
