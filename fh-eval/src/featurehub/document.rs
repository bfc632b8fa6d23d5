//! The forms of a payload: a list of environments (the body of a GET), a list of features or one feature (the data of
//! SSE events), or one environment.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::wire::Envelope;
use crate::json::{Listed, Shape, TOO_DENSE, is_too_dense, not_json, read_elements};

/// The error for a payload that cannot be read as a whole, or that does not have exactly one environment where one is
/// required. Unreadable parts of an otherwise readable document do not cause this error; most of them give a
/// [`Diagnostic`](crate::Diagnostic).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The bytes are not UTF-8. The number is the offset of the first invalid byte, from 0.
    NotUtf8(usize),
    /// The text is not JSON. The error holds the parser's message, with the line and the column of the mistake.
    InvalidJson(String),
    /// The document has so many small parts that reading it would take too much memory.
    TooDense,
    /// The text is JSON, but not a feature, an environment, or a list. [`Document::only`] also returns this error for a
    /// document without environments.
    NoFeatures,
    /// The payload has several environments where one is required. The list holds the ids of these environments, with
    /// an empty text for an environment without an id.
    SeveralEnvironments(Vec<String>),
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotUtf8(at) => {
                write!(f, "the document is not UTF-8 text (first invalid byte at offset {at})")
            }
            Self::InvalidJson(why) => write!(f, "the document is not JSON: {why}"),
            Self::TooDense => write!(f, "the document has {TOO_DENSE}"),
            Self::NoFeatures => {
                f.write_str("the document is neither a list of features nor a list of environments")
            }
            Self::SeveralEnvironments(ids) => {
                write!(
                    f,
                    "the document has several environments ({}): choose one environment",
                    ids.join(", ")
                )
            }
        }
    }
}

impl std::error::Error for ParseError {}

/// A payload, split into environments and features. Each feature is a piece of unparsed JSON.
///
/// ```
/// use fh_eval::featurehub::Document;
/// let body = br#"[{"id": "prod", "features": [{"key": "A"}, {"key": "B"}]}]"#;
/// let document = Document::parse(body)?;
/// assert_eq!(document.environments[0].id.as_deref(), Some("prod"));
/// assert_eq!(document.environments[0].features.len(), 2);
/// # Ok::<(), fh_eval::featurehub::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// The environments; [`Document::parse`] gives at least one. One feature, or a list of features without an
    /// environment around it, is one environment without an id.
    pub environments: Vec<Environment<'a>>,
}

/// One environment of a payload, with its id and its unparsed features.
#[derive(Debug, Clone, Default)]
pub struct Environment<'a> {
    /// Id of the environment; `None` if the environment has no id that is a text.
    pub id: Option<String>,
    /// The elements of the list of features, as unparsed JSON; empty if the environment's member `features` is not a
    /// list.
    pub features: Vec<&'a RawValue>,
    /// Number of further elements of the list that can be no features. Of such elements, `features` has the first 100.
    pub further: usize,
}

impl<'a> Environment<'a> {
    /// Returns the environment of an envelope, or `None` if the envelope has no member `features`.
    fn of(envelope: Envelope<'a>) -> Option<Self> {
        let id = envelope.id().map(Cow::into_owned);
        let is_one = !matches!(envelope.features, Shape::Absent);
        let Listed { elements, further } = envelope.into_features().unwrap_or_default();
        is_one.then_some(Self { id, features: elements, further })
    }
}

impl<'a> Document<'a> {
    /// Splits a payload into environments and features, which are left unparsed. A byte-order mark is skipped. In a
    /// list of environments, elements that are not objects with a member `features` are skipped.
    ///
    /// # Errors
    /// Fails with [`ParseError`] if the document as a whole cannot be read.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let json =
            std::str::from_utf8(bytes).map_err(|error| ParseError::NotUtf8(error.valid_up_to()))?;
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        if is_too_dense(json) {
            return Err(ParseError::TooDense);
        }
        let invalid = |error: serde_json::Error| ParseError::InvalidJson(not_json(json, &error));
        if json.trim_ascii_start().starts_with('[') {
            let elements = read_elements(json).map_err(invalid)?;
            return Ok(Self { environments: Self::list(elements) });
        }
        let raw: &RawValue = serde_json::from_str(json).map_err(invalid)?;
        let envelope = Envelope::parse(raw.get()).ok_or(ParseError::NoFeatures)?;
        let environment = if envelope.key.is_some() {
            Environment { features: vec![raw], ..Environment::default() }
        } else {
            Environment::of(envelope).ok_or(ParseError::NoFeatures)?
        };
        Ok(Self { environments: vec![environment] })
    }

    fn list(Listed { elements, further }: Listed<'a>) -> Vec<Environment<'a>> {
        // A feature has a member `key`, and an environment has a member `features`. The first element with one of these
        // members decides how all elements are read.
        let of_environments = elements.iter().find_map(|element| {
            let envelope = Envelope::parse(element.get())?;
            let has_features = !matches!(envelope.features, Shape::Absent);
            envelope.key.map(|_| false).or(has_features.then_some(true))
        });
        if of_environments != Some(true) {
            return vec![Environment { id: None, features: elements, further }];
        }
        let environments = elements.into_iter();
        let envelopes = environments.filter_map(|element| Envelope::parse(element.get()));
        envelopes.filter_map(Environment::of).collect()
    }

    /// Returns the environment of a payload that has exactly one.
    ///
    /// Fails with [`ParseError::SeveralEnvironments`] if there is more than one environment, and with
    /// [`ParseError::NoFeatures`] if there is no environment.
    pub fn only(self) -> Result<Environment<'a>, ParseError> {
        let ids =
            self.environments.iter().map(|environment| environment.id.clone().unwrap_or_default());
        let ids: Vec<String> = ids.collect();
        let mut environments = self.environments.into_iter();
        match (environments.next(), environments.next()) {
            (Some(environment), None) => Ok(environment),
            (None, _) => Err(ParseError::NoFeatures),
            (Some(_), Some(_)) => Err(ParseError::SeveralEnvironments(ids)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(json: &str) -> Result<Vec<(Option<String>, usize)>, ParseError> {
        let document = Document::parse(json.as_bytes())?;
        Ok(document.environments.into_iter().map(|each| (each.id, each.features.len())).collect())
    }

    #[test]
    fn every_form() {
        assert_eq!(counts(r#"[{"key":"A"},{"key":"B"}]"#), Ok(vec![(None, 2)]));
        assert_eq!(counts("\u{feff} [] "), Ok(vec![(None, 0)]));
        assert_eq!(counts(r#"{"key":"A"}"#), Ok(vec![(None, 1)]));
        assert_eq!(counts(r#"{"features":[1,{}]}"#), Ok(vec![(None, 2)]));
        assert_eq!(
            counts(r#"[{"id":"a","features":[{"key":"A"}]},{"id":"b","features":null},7]"#),
            Ok(vec![(Some("a".into()), 1), (Some("b".into()), 0)])
        );
        assert_eq!(counts(r#"[null,{"key":"A"}]"#), Ok(vec![(None, 2)]));
    }

    #[test]
    fn other_json_is_an_error() {
        for json in ["", "{", "[1,]", "[] []", "nope"] {
            assert!(matches!(counts(json), Err(ParseError::InvalidJson(_))), "{json}");
        }
        for json in ["1", "null", "\"x\"", "{}"] {
            assert_eq!(counts(json), Err(ParseError::NoFeatures), "{json}");
        }
        assert_eq!(Document::parse(b"[\xff]").map(|_| ()), Err(ParseError::NotUtf8(1)));
        let several = br#"[{"id":"a","features":[]},{"features":[]}]"#;
        assert_eq!(
            Document::parse(several).unwrap().only().map(|_| ()),
            Err(ParseError::SeveralEnvironments(vec!["a".into(), String::new()]))
        );
    }
}
