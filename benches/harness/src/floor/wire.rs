//! FeatureHub's list of features as plain serde structures.

use serde::Deserialize;

/// The reason why a payload cannot be loaded.
#[derive(Debug)]
pub enum Error {
    /// The JSON has another structure than expected.
    Json(serde_json::Error),
    /// The payload uses something that the floor does not support.
    Unsupported(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Unsupported(what) => write!(f, "the floor does not know {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

#[derive(Deserialize)]
pub(crate) struct Feature {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) value: bool,
    #[serde(default)]
    pub(crate) strategies: Vec<Strategy>,
}

#[derive(Deserialize)]
pub(crate) struct Strategy {
    pub(crate) percentage: Option<u32>,
    #[serde(default)]
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) value: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attribute {
    pub(crate) conditional: String,
    pub(crate) field_name: String,
    pub(crate) values: Vec<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// The four kinds of conditions in the payload.
pub(crate) enum Condition<'a> {
    Countries(&'a [String]),
    VersionAbove(u64),
    EmailSuffix(&'a str),
    EmailPattern(&'a str),
}

impl Attribute {
    pub(crate) fn condition(&self) -> Result<Condition<'_>, Error> {
        let unsupported = || {
            Error::Unsupported(format!("{} {} {}", self.field_name, self.conditional, self.kind))
        };
        let single = || match self.values.as_slice() {
            [value] => Ok(value.as_str()),
            _ => Err(unsupported()),
        };
        match (self.field_name.as_str(), self.conditional.as_str(), self.kind.as_str()) {
            ("country", "EQUALS", "STRING") => Ok(Condition::Countries(&self.values)),
            ("version", "GREATER", "SEMANTIC_VERSION") => crate::floor::context::pack(single()?)
                .map(Condition::VersionAbove)
                .ok_or_else(unsupported),
            ("email", "ENDS_WITH", "STRING") => Ok(Condition::EmailSuffix(single()?)),
            ("email", "REGEX", "STRING") => Ok(Condition::EmailPattern(single()?)),
            _ => Err(unsupported()),
        }
    }
}

pub(crate) fn id(feature: &Feature) -> Result<crate::floor::hash::IdWords, Error> {
    crate::floor::hash::id_words(&feature.id)
        .ok_or_else(|| Error::Unsupported(format!("an id like {:?}", feature.id)))
}

pub(crate) fn pattern(text: &str) -> Result<regex::Regex, Error> {
    regex::Regex::new(text).map_err(|error| Error::Unsupported(error.to_string()))
}
