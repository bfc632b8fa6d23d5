//! Records that cannot be read.

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

use super::tables::{CHANGE, FACT};

/// A record that cannot be read. The fields are the parts of the record's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// A fact about all records, such as the revision, with its name.
    Fact(String),
    /// The change of a feature, with the environment and the feature's key.
    Change(String, String),
    /// The change of a feature whose version is known, with the environment and the feature's id.
    ChangeOf(Uuid, Uuid),
    /// The served version of a feature, with the environment and the feature's id.
    Version(String, String),
}

impl Lost {
    /// Makes the description of a row. The first part of a fact's place is the name of the fact.
    pub(super) fn new(table: &str, (environment, feature): (&str, &str)) -> Self {
        let (environment, feature) = (environment.to_owned(), feature.to_owned());
        match table {
            FACT => Self::Fact(environment),
            CHANGE => Self::Change(environment, feature),
            _ => Self::Version(environment, feature),
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(name) => write!(f, "the {name}"),
            Self::Change(environment, feature) => {
                write!(f, "the change of feature {feature} in environment {environment}")
            }
            Self::ChangeOf(environment, id) => {
                write!(f, "the change of the feature with id {id} in environment {environment}")
            }
            Self::Version(environment, feature) => {
                write!(f, "the version of feature {feature} in environment {environment}")
            }
        }
    }
}

/// The numbers of lost records, by their kind and environment.
pub(super) struct Totals<'a>(pub(super) &'a [Lost]);

impl fmt::Display for Totals<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMED: usize = 20;
        let mut totals: BTreeMap<String, usize> = BTreeMap::new();
        for lost in self.0 {
            let kind = match lost {
                Lost::Fact(_) => lost.to_string(),
                Lost::Change(environment, _) => format!("changes in environment {environment}"),
                Lost::ChangeOf(environment, _) => format!("changes in environment {environment}"),
                Lost::Version(environment, _) => format!("versions in environment {environment}"),
            };
            *totals.entry(kind).or_default() += 1;
        }
        for (number, (kind, total)) in totals.iter().take(NAMED).enumerate() {
            f.write_str(if number > 0 { ", " } else { "" })?;
            match kind.starts_with("the ") {
                true => f.write_str(kind)?,
                false => write!(f, "{kind} ({total})")?,
            }
        }
        match totals.len().checked_sub(NAMED) {
            Some(more @ 1..) => write!(f, " and {more} more kinds of records"),
            _ => Ok(()),
        }
    }
}
