//! Reads files that other programs of FeatureHub write, and states of the conformance suite.
//!
//! Each form is converted to a [`State`](crate::state::State). Unknown members outside of strategies are ignored, because programs and not
//! people write these forms. A feature without a key or a known type is left out with a warning, and the other features are kept.

mod conformance;
mod merge;
mod published;
mod wire;

use std::fmt;

use fh_eval::internal::wire::name;
use fh_files::Content;

pub(super) use self::merge::Contents;
use super::part::{Part, Reading};

/// The form of a text from which a state can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A state file of this project.
    State,
    /// A list of features, as in a stream's `features` event. Stores and the webhook converter write this form. It contains no API keys.
    /// The list names the environments only if its features have an `environmentId`.
    FeatureList,
    /// The body of a response to GET, or one environment of such a body. It contains no API keys.
    EnvironmentList,
    /// The data that the JavaScript SDK stores in a browser. It contains no API keys.
    BrowserStorage,
    /// Data that a management repository publishes: environments, webhook bodies, service accounts, or a list of these. Its accounts have
    /// API keys, and its environments may contain the ids of values.
    Published,
    /// A state of the conformance suite. Its accounts have no API keys.
    Contract,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::State => "a state file",
            Self::FeatureList => "a list of features",
            Self::EnvironmentList => "the answer to a GET request for /features",
            Self::BrowserStorage => "a browser's storage",
            Self::Published => "data of a management repository",
            Self::Contract => "a state of the conformance suite",
        })
    }
}

impl Form {
    /// Returns the form of a document. A document in none of the other forms is read as a state file.
    pub(super) fn of(root: &Part) -> Self {
        let has = |name| root.node.get(name).is_some();
        match root.content() {
            Content::List(_) => {
                let items = root.items().unwrap_or_default();
                if items.iter().any(published::is_one) {
                    Self::Published
                } else if items.iter().any(|item| item.node.get(name::FEATURES).is_some()) {
                    Self::EnvironmentList
                } else {
                    Self::FeatureList
                }
            }
            _ if published::is_one(root) => Self::Published,
            _ if has("format") => Self::Contract,
            _ if root.get("e").is_some_and(|list| list.items().is_some()) => Self::BrowserStorage,
            _ if has(name::ID) && has(name::FEATURES) => Self::EnvironmentList,
            _ => Self::State,
        }
    }
}

/// Reads a document of any form other than [`Form::State`].
pub(super) fn read(reading: &mut Reading<'_>, root: &Part, form: Form) -> Contents {
    match form {
        Form::State => Contents::default(),
        Form::FeatureList => wire::features(reading, root),
        Form::EnvironmentList => match root.items() {
            Some(list) => wire::environments(reading, list),
            None => wire::environments(reading, vec![root.clone()]),
        },
        Form::BrowserStorage => wire::environments(
            reading,
            root.get("e").and_then(|list| list.items()).unwrap_or_default(),
        ),
        Form::Published => match root.items() {
            Some(list) => published::read(reading, list),
            None => published::read(reading, vec![root.clone()]),
        },
        Form::Contract => conformance::read(reading, root),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_no_other_form_is_a_state_file() {
        for (json, form) in [
            ("{}", Form::State),
            ("environment: {name: dev}", Form::State),
            ("env: x", Form::State),
            ("e: x", Form::State),
            ("id: x", Form::State),
            ("features: []", Form::State),
            ("[7]", Form::FeatureList),
            ("[{features: []}, 7]", Form::EnvironmentList),
            ("e: []", Form::BrowserStorage),
        ] {
            let node = fh_files::Node::parse(json, &fh_files::Limits::default()).unwrap();
            assert_eq!(Form::of(&Part::root(node)), form, "{json}");
        }
    }
}
