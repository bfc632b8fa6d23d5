//! The answers of further systems: vectors of their programs, and answers of their running servers, against the engine.

mod command;
mod featbit;
mod featbit_differences;
mod featbit_live;
mod featbit_protocol;
mod featuresignals;

use serde::de::DeserializeOwned;

use crate::data::{Data, DataError};

pub use self::command::Command;
pub use self::featuresignals::Comparison;

/// The rows of one file for one profile.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The name, such as `featbit.operators draft`.
    pub name: String,
    /// The number of rows whose answer is the expected one.
    pub equal: usize,
    /// The number of rows that a table of known differences lists.
    pub listed: usize,
    /// The number of rows for which the system has no answer.
    pub without_answer: usize,
    /// A text for each other row.
    pub failures: Vec<String>,
}

impl Group {
    fn new(name: &str) -> Self {
        Self { name: name.to_string(), ..Self::default() }
    }

    /// Counts a row. `failure` describes the difference if there is one.
    fn row(&mut self, is_equal: bool, failure: impl FnOnce() -> String) {
        if is_equal {
            self.equal += 1;
        } else {
            self.failures.push(failure());
        }
    }
}

/// Runs all vectors of a system.
///
/// # Errors
/// If a file is missing or has another form.
pub fn featbit(data: &Data) -> Result<Vec<Group>, DataError> {
    let mut groups = featbit::run(data)?;
    groups.extend(featbit_live::run(data, None)?);
    Ok(groups)
}

/// Runs all vectors of FeatureSignals with the engine.
///
/// # Errors
/// If a file is missing or has another form.
pub fn featuresignals(data: &Data) -> Result<Vec<Group>, DataError> {
    featuresignals::run(data, featuresignals::engine)
}

/// Compares the rows of `fh eval --cases` with the evaluations and the live answers of all systems.
///
/// # Errors
/// If a file is missing or has another form, or if the command fails.
pub fn rows(data: &Data, command: &Command) -> Result<Vec<Group>, DataError> {
    let mut groups = featbit::run_rows(data, command)?;
    groups.extend(featbit_live::run(data, Some(command))?);
    groups.extend(featuresignals::run_rows(data, command)?);
    Ok(groups)
}

/// Compares the engine with the plain evaluator of FeatureSignals in at least this many evaluations of drawn flags.
#[must_use]
pub fn compare(seed: u64, count: usize) -> Comparison {
    featuresignals::compare(seed, count)
}

/// Reads a file, whose form the type describes. Numbers and texts that not every reader of JSON can hold stay as they are written.
fn read<T: DeserializeOwned>(data: &Data, path: &str) -> Result<T, DataError> {
    serde_json::from_str(data.text(path)?).map_err(|why| DataError::in_file(path, why))
}

/// Checks that a file of another system has its form. Returns false for any other path.
///
/// # Errors
/// If the file has another form.
pub fn check(data: &Data, path: &str) -> Result<bool, DataError> {
    if featbit_protocol::check(data, path)? {
        return Ok(true);
    }
    if path.starts_with("imported/featbit-live/") {
        return featbit_live::check(data, path).map(|()| true);
    }
    if path.starts_with("imported/featbit/") {
        return featbit::check(data, path).map(|()| true);
    }
    if path.starts_with("imported/featuresignals") {
        return featuresignals::check(data, path).map(|()| true);
    }
    Ok(false)
}
