//! The parts around features: environments, lists of features, and single features as events and stores carry them.

use std::borrow::Cow;

use serde::de::MapAccess;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{Feature, Raw, name, text};
use crate::json::{Listed, MemberValue, Object, Shape, Token, not_json, read_object};

/// The members of an object that may be an environment or a feature: the id, the key and the list of features.
#[derive(Debug, Clone, Default)]
pub struct Envelope<'a> {
    /// Id of the environment or the feature.
    pub id: Raw<'a>,
    /// Key of the feature. An environment has no key.
    pub key: Raw<'a>,
    /// The features of the environment. An absent list differs from an empty list.
    pub features: Shape<Listed<'a>>,
}

impl<'a> Envelope<'a> {
    /// Parses an environment or a feature. Returns `None` if the text is not a JSON object.
    #[must_use]
    pub fn parse(json: &'a str) -> Option<Self> {
        read_object(json).into_value()
    }

    /// Returns the id of the environment or the feature, or `None` if there is no id that is a text.
    #[must_use]
    pub fn id(&self) -> Option<Cow<'a, str>> {
        text(self.id)
    }

    /// Returns the features of the environment, or `None` if the environment has no list of features.
    #[must_use]
    pub fn into_features(self) -> Option<Listed<'a>> {
        self.features.into_value()
    }
}

impl<'de> Object<'de> for Envelope<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match &*name {
            name::ID => self.id = Some(value.read()?),
            name::KEY => self.key = Some(value.read()?),
            name::FEATURES => self.features = value.read()?,
            _ => value.skip()?,
        }
        Ok(())
    }
}

/// The members that identify a feature and its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Id of the feature; `None` if it is missing or not a text.
    pub id: Option<Cow<'a, str>>,
    /// Key of the feature; `None` if it is missing or not a text.
    pub key: Option<Cow<'a, str>>,
    /// Version of the feature's value, clamped to 64 bits; `None` if it is missing or cannot be read as an integer.
    pub version: Option<i64>,
}

impl<'a> Feature<'a> {
    /// Returns the feature's id, key and version.
    #[must_use]
    pub fn identity(&self) -> Identity<'a> {
        Identity {
            id: text(self.id),
            key: text(self.key),
            version: self.version.and_then(|raw| Token::of(raw).integer()),
        }
    }
}

/// Splits the body of a poll, which is a list of environments. A byte-order mark is skipped. An object without a list
/// of features is accepted as well.
///
/// # Errors
/// Fails if the body is not a list of objects. The error is a text with the reason, which contains no part of the body.
pub fn environments(body: &str) -> Result<Vec<Envelope<'_>>, String> {
    let not_an_object = || "an environment is not a JSON object".to_string();
    let Listed { elements, further } = features(body)?;
    if further > 0 {
        return Err(not_an_object());
    }
    elements
        .into_iter()
        .map(|entry| Envelope::parse(entry.get()).ok_or_else(not_an_object))
        .collect()
}

/// Splits a JSON list into its elements, whose shape is not checked. A byte-order mark is skipped.
///
/// # Errors
/// Fails if the text is not a JSON list. The error is a text with the reason, which contains no part of the JSON.
pub fn list(json: &str) -> Result<Vec<&RawValue>, String> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    serde_json::from_str(json).map_err(|error| reason(json, &error))
}

/// Splits a JSON list of features into its elements, whose members are not checked. A byte-order mark is skipped.
///
/// # Errors
/// Fails if the text is not a JSON list. The error is a text with the reason, which contains no part of the JSON.
pub fn features(json: &str) -> Result<Listed<'_>, String> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    serde_json::from_str(json).map_err(|error| reason(json, &error))
}

/// Parses the JSON of one feature, whose shape is not checked.
///
/// # Errors
/// Fails if the text is not JSON. The error is a text with the reason, which contains no part of the JSON.
pub fn one(json: &str) -> Result<&RawValue, String> {
    serde_json::from_str(json).map_err(|error| reason(json, &error))
}

/// Describes the error of a JSON text without quoting this text. serde_json's own description would quote in full a string
/// that is found where another type is expected.
fn reason(json: &str, error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => {
            let (line, column) = (error.line(), error.column());
            format!("unexpected type at line {line} column {column}")
        }
        _ => not_json(json, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_empty_lists_differ() {
        let body = r#"[{"id":"e","features":[{}, 7]},{"features":[]},{"id":5,"features":null},{}]"#;
        let found = environments(body).unwrap().into_iter();
        let found: Vec<_> = found
            .map(|each| {
                (each.id().map(Cow::into_owned), each.into_features().map(|l| l.elements.len()))
            })
            .collect();
        assert_eq!(
            found,
            [(Some("e".to_string()), Some(2)), (None, Some(0)), (None, None), (None, None)]
        );
    }

    #[test]
    fn errors_quote_nothing() {
        let text = format!("\"html{}\"", "x".repeat(1_000));
        for body in ["", "[{", "{}", "7", "[7]", "[null]", "<html>", "[] []", &text] {
            let why = environments(body).unwrap_err();
            assert!(!why.contains("html") && why.len() < 100, "{why}");
        }
        assert!(one("{").is_err() && one("{} 1").is_err() && one("7").is_ok());
    }

    #[test]
    fn a_feature_and_a_delete_event_are_identified() {
        let of = |json| Feature::parse(json).unwrap().identity();
        let deleted = of(r#"{"id":"a","key":"A","version":2.0}"#);
        assert_eq!((deleted.id.as_deref(), deleted.key.as_deref()), (Some("a"), Some("A")));
        assert_eq!(deleted.version, Some(2));
        assert_eq!(of(r#"{"id":5,"version":"2"}"#), Identity::default());
    }
}
