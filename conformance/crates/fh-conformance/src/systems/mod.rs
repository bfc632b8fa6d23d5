//! The answers of further systems: vectors of their programs, answers of their running servers, and those of a second evaluator. One
//! comparison sets a source of answers beside them.

mod drawn;
mod engine;
mod featbit;
mod featuresignals;
mod group;
mod known;
mod plain;
mod rows;

use fh_eval::featbit::Profile;
use fh_eval::internal::mend;
use serde::de::DeserializeOwned;

use crate::data::{Data, DataError};
use crate::json::Json;

pub use self::drawn::{Drawing, draw};
pub use self::engine::Engine;
pub use self::featbit::{agreed as featbit_agreed, live as featbit_live};
pub use self::featuresignals::{bulk as featuresignals_bulk, result as featuresignals_result};
pub use self::group::{Different, Group};
pub use self::rows::Rows;

/// A question about one flag, and the answer to it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name under which different answers are counted.
    pub name: String,
    /// The key of the flag.
    pub flag: String,
    /// The user of FeatBit, or the context of FeatureSignals, as JSON.
    pub context: String,
    /// The answer of the system.
    pub expected: Expected,
    /// The JSON pointer of the answer in the rows of `fh eval --cases`.
    pub row: String,
}

/// The answer of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// This answer.
    Answer(Json),
    /// An answer with these members. Null also stands for a member that is missing.
    Members(Json),
    /// None: the system has failed.
    Nothing,
}

impl Expected {
    /// Returns true if an answer is this one.
    #[must_use]
    pub fn is_met(&self, given: &Json) -> bool {
        match self {
            Self::Answer(answer) => answer == given,
            Self::Members(members) => {
                let has = |(name, value): &(String, Json)| {
                    given.get(name).unwrap_or(&Json::Null) == value
                };
                matches!(given, Json::Object(_) | Json::Null) && members.members().iter().all(has)
            }
            Self::Nothing => false,
        }
    }
}

/// The rules by which flags are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// FeatBit's rules, in one of its profiles.
    FeatBit(Profile),
    /// FeatureSignals' rules.
    FeatureSignals,
}

/// The cases of one ruleset.
#[derive(Debug, Clone)]
pub struct Set {
    /// The name of the group to which the cases belong, such as `featbit.operators draft`.
    pub group: String,
    /// The rules of the system.
    pub rules: Rules,
    /// The file of the cases.
    pub file: String,
    /// The flags with their segments and states, as JSON.
    pub ruleset: String,
    /// The time of the evaluations, by RFC 3339. No flag of FeatBit depends on it.
    pub now: String,
    /// The cases.
    pub cases: Vec<Case>,
}

/// A source of answers.
pub trait Source {
    /// Returns the answer to each case of a set, in the words of the system; `None` if the source has no answer to the case.
    ///
    /// # Errors
    /// The reason for which it answers none of them.
    fn answers(&mut self, set: &Set) -> Result<Vec<Option<Json>>, String>;
}

/// Compares a source of answers with those of sets, by group.
pub fn compare(source: &mut dyn Source, sets: &[Set]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for set in sets {
        match groups.iter_mut().find(|group| group.name == set.group) {
            Some(group) => group.add(source, set),
            None => {
                let mut group = Group::new(&set.group);
                group.add(source, set);
                groups.push(group);
            }
        }
    }
    groups.iter_mut().for_each(Group::judge);
    groups
}

/// Compares the engine with all vectors and answers of FeatBit.
///
/// # Errors
/// If a file is missing or has another form.
pub fn featbit(data: &Data) -> Result<Vec<Group>, DataError> {
    let mut groups = vec![featbit::dispatch(data)?, featbit::convert(data)?];
    groups.extend(compare(&mut Engine, &featbit::sets(data)?));
    Ok(groups)
}

/// Compares the engine with all vectors and answers of FeatureSignals.
///
/// # Errors
/// If a file is missing or has another form.
pub fn featuresignals(data: &Data) -> Result<Vec<Group>, DataError> {
    let mut groups = vec![featuresignals::murmur(data)?];
    groups.extend(compare(&mut Engine, &featuresignals::sets(data)?));
    Ok(groups)
}

/// Compares the rows of `fh eval --cases` with the evaluations and the live answers of all systems.
///
/// # Errors
/// If a file is missing or has another form.
pub fn rows(data: &Data, rows: &mut Rows) -> Result<Vec<Group>, DataError> {
    let mut sets = featbit::sets_of_rows(data)?;
    sets.extend(featuresignals::sets_of_rows(data)?);
    Ok(compare(rows, &sets))
}

/// Reads a file. Numbers stay as they are written. A lone surrogate, which no text of Rust can hold, becomes U+FFFD.
fn read<T: DeserializeOwned>(data: &Data, path: &str) -> Result<T, DataError> {
    serde_json::from_str(&mend(data.text(path)?)).map_err(|why| DataError::in_file(path, why))
}

/// Returns true for the path of a file of another system. Such a file has the form that its comparison reads, and no schema.
#[must_use]
pub fn has(path: &str) -> bool {
    ["imported/featbit", "imported/featuresignals"].iter().any(|prefix| path.starts_with(prefix))
}
