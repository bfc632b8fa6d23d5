//! Features that a program gives as bytes before the start, in one of the forms of edge-protocol 9.3.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use fh_eval::featurehub::{Document, ParseError};
use fh_repository::rules::Rules;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The error for bytes that have none of the forms that [`ClientBuilder::bootstrap`](crate::ClientBuilder::bootstrap) accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootstrapError(ParseError);

impl fmt::Display for BootstrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the features given at the start cannot be read: {}", self.0)
    }
}

impl std::error::Error for BootstrapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// The features of a bootstrap document, by environment.
#[derive(Debug, Clone)]
pub(crate) struct Bootstrap {
    /// The ids of the environments, and their lists of features as JSON. An id is `None` if the document does not name the
    /// environment.
    pub(crate) environments: Vec<(Option<Arc<str>>, Vec<u8>)>,
}

/// A form that wraps a list of environments: the stored state of the browser SDK, or the snapshot file of this crate.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow, alias = "e")]
    environments: &'a RawValue,
}

impl Bootstrap {
    /// Returns the features of these rules. If there are none, returns an empty list of the environment of the first API key.
    pub(crate) fn of(rules: &Rules) -> Self {
        let mut lists: BTreeMap<Option<Arc<str>>, Vec<&str>> = BTreeMap::new();
        for feature in rules.ruleset().iter() {
            let environment = rules.environment_of(feature.key()).cloned();
            lists.entry(environment).or_default().push(feature.json());
        }
        if lists.is_empty() {
            lists.insert(None, Vec::new());
        }
        let list = |features: Vec<&str>| format!("[{}]", features.join(",")).into_bytes();
        Self { environments: lists.into_iter().map(|(id, list_of)| (id, list(list_of))).collect() }
    }

    /// Reads features in any form that [`ClientBuilder::bootstrap`](crate::ClientBuilder::bootstrap) accepts.
    ///
    /// # Errors
    /// Returns [`BootstrapError`] if the bytes have none of these forms.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, BootstrapError> {
        let wrapped = serde_json::from_slice::<Wrapped<'_>>(bytes).ok();
        let inner = wrapped.as_ref().map_or(bytes, |wrapped| wrapped.environments.get().as_bytes());
        let document = Document::parse(inner).map_err(BootstrapError)?;
        let environments = document
            .environments
            .iter()
            .map(|environment| {
                let features: Vec<&str> =
                    environment.features.iter().map(|raw| raw.get()).collect();
                let list = format!("[{}]", features.join(","));
                (environment.id.as_deref().map(Arc::from), list.into_bytes())
            })
            .collect();
        Ok(Self { environments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_from_every_form() {
        let one = |id: Option<&str>| vec![(id.map(Arc::from), br#"[{"key":"A"}]"#.to_vec())];
        for (form, environments) in [
            (r#"[{"key":"A"}]"#, one(None)),
            (r#"[{"id":"e","features":[{"key":"A"}]}]"#, one(Some("e"))),
            (r#"{"id":"e","features":[{"key":"A"}]}"#, one(Some("e"))),
            (r#"{"e":[{"id":"e","features":[{"key":"A"}]}],"tz":1700000000000}"#, one(Some("e"))),
            (
                r#"{"format":"featurehub-snapshot/1","environments":[{"id":"e","features":[{"key":"A"}]}]}"#,
                one(Some("e")),
            ),
        ] {
            assert_eq!(
                Bootstrap::read(form.as_bytes()).unwrap().environments,
                environments,
                "{form}"
            );
        }
        for nonsense in ["", "7", "{", r#"{"e":7}"#] {
            assert!(Bootstrap::read(nonsense.as_bytes()).is_err(), "{nonsense}");
        }
    }
}
