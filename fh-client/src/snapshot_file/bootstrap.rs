//! Features that a program gives as bytes before the start, for example an answer of the Edge or a snapshot.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use fh_eval::featurehub::{Document, ParseError};
use fh_repository::rules::Rules;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The error for bytes that have none of the forms that [`ClientBuilder::bootstrap`](crate::ClientBuilder::bootstrap) accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootstrapError(Reason);

/// The reason why bytes are no bootstrap document.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Unreadable(ParseError),
    /// The document is JSON, but holds no list of features.
    NoFeatures,
    /// The document is the state file of an Edge.
    StateFile,
}

impl fmt::Display for BootstrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the features of `bootstrap` cannot be read: ")?;
        match &self.0 {
            Reason::Unreadable(ParseError::NoFeatures) | Reason::NoFeatures => {
                f.write_str("the document holds no list of features")?;
            }
            Reason::Unreadable(why) => why.fmt(f)?,
            Reason::StateFile => f.write_str("the document is the state file of an Edge")?,
        }
        f.write_str(
            ": give the answer of an Edge to /features, a list of features, or a snapshot file",
        )
    }
}

impl std::error::Error for BootstrapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Reason::Unreadable(why) => Some(why),
            Reason::NoFeatures | Reason::StateFile => None,
        }
    }
}

/// The features of a bootstrap document, by environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bootstrap {
    /// The ids of the environments, and their lists of features as JSON. An id is `None` if the document does not name the
    /// environment.
    pub(crate) environments: Vec<(Option<Arc<str>>, Vec<u8>)>,
}

/// The members of an object that tell the forms of documents apart. A member is `None` if it is missing or null.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Members<'a> {
    /// The environments of the stored state of the browser SDK, of the snapshot file of this crate, or of a state file.
    #[serde(borrow, alias = "e")]
    environments: Option<&'a RawValue>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
    #[serde(borrow)]
    features: Option<&'a RawValue>,
    /// The API keys of a state file.
    #[serde(borrow)]
    accounts: Option<&'a RawValue>,
    /// The values of an environment of a state file.
    #[serde(borrow)]
    values: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    /// Returns the members of an object; `None` for any other value, and if one of these members occurs twice.
    fn of(json: &'a str) -> Option<Self> {
        // serde would also read a list, as the members in their order.
        json.starts_with('{').then(|| serde_json::from_str(json).ok()).flatten()
    }

    /// Returns true for a feature, and for an environment with a list of features.
    fn has_features(&self) -> bool {
        self.key.is_some() || self.features.is_some_and(|list| list.get().starts_with('['))
    }
}

/// Checks that a document that [`Document::parse`] accepts holds a list of features, which may be empty.
fn check(json: &[u8]) -> Result<(), Reason> {
    let elements: Vec<&RawValue> = match serde_json::from_slice(json) {
        Ok(elements) => elements,
        Err(_) => serde_json::from_slice(json).ok().into_iter().collect(),
    };
    let mut reason = Reason::NoFeatures;
    for element in elements.iter().map(|element| element.get()) {
        match Members::of(element) {
            Some(members) if members.has_features() => return Ok(()),
            Some(members) if members.values.is_some() => reason = Reason::StateFile,
            // The reader of features decides about objects with a member that occurs twice.
            None if element.starts_with('{') => return Ok(()),
            _ => {}
        }
    }
    if elements.is_empty() { Ok(()) } else { Err(reason) }
}

/// Returns true if a text that is not JSON looks like a state file in YAML.
fn is_yaml_state(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n');
    lines.any(|line| line.starts_with(b"environments:") || line.starts_with(b"accounts:"))
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

    /// Returns a document whose bytes the session reads as a whole.
    #[cfg(any(feature = "featbit", feature = "featuresignals"))]
    pub(crate) fn whole(bytes: &[u8]) -> Self {
        Self { environments: vec![(None, bytes.to_vec())] }
    }

    /// Reads features in any form that [`ClientBuilder::bootstrap`](crate::ClientBuilder::bootstrap) accepts.
    ///
    /// # Errors
    /// Returns [`BootstrapError`] if the bytes have none of these forms.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, BootstrapError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).unwrap_or_default().trim_ascii();
        let outer = Members::of(text).unwrap_or_default();
        if outer.accounts.is_some() {
            return Err(BootstrapError(Reason::StateFile));
        }
        let inner = outer.environments.map_or(bytes, |list| list.get().as_bytes());
        let document = Document::parse(inner).map_err(|why| match why {
            ParseError::InvalidJson(_) if is_yaml_state(bytes) => BootstrapError(Reason::StateFile),
            why => BootstrapError(Reason::Unreadable(why)),
        })?;
        check(inner).map_err(BootstrapError)?;
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
        // An empty list is a list.
        for empty in ["[]", "\u{feff}[]", r#"{"features":[]}"#, "\u{feff}{\"environments\":[]}"] {
            let environments = Bootstrap::read(empty.as_bytes()).unwrap().environments;
            assert!(environments.iter().all(|(_, list)| list == b"[]"), "{empty}");
        }
    }

    #[test]
    fn documents_without_a_list_of_features_are_refused_with_the_reason() {
        let state = "features:\n  - { key: A }\nenvironments:\n  - name: dev\n";
        let (no_json, state_file) = ("is not JSON", "is the state file of an Edge");
        let no_list = "holds no list of features";
        for (document, why) in [
            ("", no_json),
            ("{", no_json),
            ("<html>", no_json),
            ("7", no_list),
            ("{}", no_list),
            ("[7, null]", no_list),
            (r#"{"e":7}"#, no_list),
            (r#"{"id":"e"}"#, no_list),
            (r#"[{"id":"e"}]"#, no_list),
            (r#"{"features":null}"#, no_list),
            (r#"{"id":"e","features":{"key":"A"}}"#, no_list),
            (r#"[{"id":"e","features":7},{"id":"f","features":null}]"#, no_list),
            (r#"{"environments":[{"id":"e"}],"tz":1}"#, no_list),
            (state, state_file),
            (
                r#"{"features":[{"key":"A"}],"environments":[{"name":"e","values":{"A":1}}]}"#,
                state_file,
            ),
            (r#"{"features":[{"key":"A"}],"accounts":[]}"#, state_file),
            (r#"{"environments":[{"id":"e","values":{}}]}"#, state_file),
        ] {
            let said = Bootstrap::read(document.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(why) && said.contains(": give the answer"), "{document}: {said}");
        }
    }
}
