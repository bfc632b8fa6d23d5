//! What other programs of FeatureHub's write (edge-protocol 9.3), and what the conformance suite calls a state (conformance 2.3).
//!
//! Each form becomes the same [`State`](crate::state::State). They are written by programs, so unknown members mean nothing, and a feature
//! that cannot be read is left out with a warning instead of refusing the rest.

mod contract;
mod gather;
mod published;
mod wire;

use std::fmt;

use fh_files::Content;

use super::account::Accounts;
use super::part::{Part, Reading};
use crate::state::{Environment, Feature};

/// What a text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A state file of this project.
    State,
    /// A list of features: the data of a stream's `features` event, what stores and the webhook converter write. It has no keys, and
    /// knows its environment at best from members `environmentId`.
    FeatureList,
    /// The body of a GET, or one environment of it. It has no keys.
    EnvironmentList,
    /// What the JavaScript SDK keeps in a browser. It has no keys.
    BrowserStorage,
    /// What a management repository publishes: environments, bodies of webhooks, service accounts, or a list of them. Accounts have the
    /// keys; environments know the ids of values.
    Published,
    /// The state of the conformance suite. Its accounts have no keys.
    Contract,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::State => "a state file",
            Self::FeatureList => "a list of features",
            Self::EnvironmentList => "the answer to a GET",
            Self::BrowserStorage => "a browser's storage",
            Self::Published => "what a management repository publishes",
            Self::Contract => "a state of the conformance suite",
        })
    }
}

impl Form {
    /// The form that a document has. What is nothing else is a state file, with a state file's errors.
    pub(super) fn of(root: &Part) -> Self {
        let has = |name| root.node.get(name).is_some();
        match root.content() {
            Content::List(_) => {
                let items = root.items().unwrap_or_default();
                if items.iter().any(published::is_one) {
                    Self::Published
                } else if items.iter().any(|item| item.node.get("features").is_some()) {
                    Self::EnvironmentList
                } else {
                    Self::FeatureList
                }
            }
            _ if published::is_one(root) => Self::Published,
            _ if has("format") => Self::Contract,
            _ if root.get("e").is_some_and(|list| list.items().is_some()) => Self::BrowserStorage,
            _ if has("id") && has("features") => Self::EnvironmentList,
            _ => Self::State,
        }
    }
}

/// What a document of another form holds.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) features: Vec<Feature>,
    pub(super) environments: Vec<Environment>,
    pub(super) accounts: Accounts,
}

/// Reads a document of another form.
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
        Form::Contract => contract::read(reading, root),
    }
}

#[cfg(test)]
mod tests;
