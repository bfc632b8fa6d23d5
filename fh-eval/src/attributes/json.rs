//! A parser of contexts in JSON.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::Attributes;
use super::build::AttributesBuilder;
use crate::json::{Members, Shape, Token, list, mend, object};

/// The error for JSON from which no context can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidContext {
    /// The text is not a JSON object.
    NotAnObject,
    /// The object has more than [`Attributes::MAX_FROM_JSON`] values.
    TooLarge,
}

impl std::fmt::Display for InvalidContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAnObject => f.write_str(
                "a context is a JSON object that maps attribute names to texts, numbers, booleans or lists of such values",
            ),
            Self::TooLarge => write!(f, "the context has more than {} values", Attributes::MAX_FROM_JSON),
        }
    }
}

impl std::error::Error for InvalidContext {}

impl Attributes {
    /// Parses a context such as `{"userkey": "fred", "plan": ["gold", "beta"], "age": 42}`.
    ///
    /// Numbers keep their text (`1.10` stays `1.10`). Null values, nested objects and nested lists are left out. An
    /// attribute without any value is left out as well. If a name occurs several times, the last one counts.
    ///
    /// # Errors
    /// Fails with [`InvalidContext`] if the text is not a JSON object, or has more than [`Self::MAX_FROM_JSON`] values.
    ///
    /// ```
    /// use fh_eval::Attributes;
    /// let context = Attributes::from_json(r#"{"n": [1.10, null, true], "empty": []}"#)?;
    /// assert_eq!(context.get("n").unwrap().collect::<Vec<_>>(), ["1.10", "true"]);
    /// assert!(context.get("empty").is_none());
    /// # Ok::<(), fh_eval::InvalidContext>(())
    /// ```
    pub fn from_json(json: &str) -> Result<Self, InvalidContext> {
        let raw: &RawValue = serde_json::from_str(json).map_err(|_| InvalidContext::NotAnObject)?;
        let mended = mend(raw.get());
        let Shape::Is(Members(members)) = object(&mended) else {
            return Err(InvalidContext::NotAnObject);
        };
        // If several members of the object have the same name, the last one is used.
        let last: HashMap<&str, usize> =
            members.iter().enumerate().map(|(index, (name, _))| (name.as_ref(), index)).collect();
        let mut builder = Self::builder();
        for (index, (name, value)) in members.iter().enumerate() {
            if last.get(name.as_ref()) == Some(&index) {
                add(&mut builder, name, value)?;
            }
        }
        Ok(builder.build())
    }

    /// The maximum number of values that [`Attributes::from_json`] accepts. More values give
    /// [`InvalidContext::TooLarge`]. FeatureHub's Edge reads at most 30 attributes of a request and ignores the others.
    pub const MAX_FROM_JSON: usize = 10_000;
}

fn add(
    builder: &mut AttributesBuilder,
    name: &str,
    value: &RawValue,
) -> Result<(), InvalidContext> {
    let elements = match Token::of(value) {
        Token::List => match list(value.get()) {
            Shape::Is(elements) => elements,
            _ => Vec::new(),
        },
        _ => vec![value],
    };
    for text in elements.into_iter().filter_map(|element| Token::of(element).text()) {
        if builder.len() == Attributes::MAX_FROM_JSON {
            return Err(InvalidContext::TooLarge);
        }
        builder.add(name, &text);
    }
    Ok(())
}
