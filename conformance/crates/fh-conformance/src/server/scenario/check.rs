//! The outcome of a scenario and its checks.

use std::fmt;

use crate::server::wire::WireError;

/// The result of a scenario or of one check.
pub type Outcome = Result<(), Failure>;

/// The reason why a scenario did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The server behaved differently.
    Wrong(Difference),
    /// The server did not answer, or its answer is not HTTP.
    Wire(WireError),
    /// The server cannot be brought into the state that the scenario needs.
    Unable(&'static str),
    /// The target lacks an environment, an account, a key or something else that the scenario needs. The text is its name.
    Lacks(String),
}

/// The difference between expected and actual behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The short name of the check, by which baselines know the failure.
    pub label: String,
    /// The expected value, if the check compares with one.
    pub expected: Option<String>,
    /// The observed value or behaviour.
    pub actual: String,
}

impl Failure {
    /// Returns the failure of a check without an expected value.
    #[must_use]
    pub fn wrong(label: &str, actual: impl Into<String>) -> Self {
        Self::Wrong(Difference { label: label.to_owned(), expected: None, actual: actual.into() })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(Difference { label, expected: Some(expected), actual }) => {
                write!(f, "{label}: {actual}, not {expected}")
            }
            Self::Wrong(Difference { expected: None, actual, .. }) => f.write_str(actual),
            Self::Wire(error) => write!(f, "{error}"),
            Self::Unable(what) => write!(f, "not run: {what}"),
            Self::Lacks(name) => write!(f, "not run: the target lacks {name}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

/// Returns a format without its placeholders, which differ between runs.
pub(super) fn label_of(format: &str) -> String {
    let mut label = String::new();
    for (index, part) in format.split(['{', '}']).enumerate() {
        label.push_str(if index % 2 == 0 { part } else { "…" });
    }
    label
}

/// Fails the scenario with a formatted message unless the condition holds. The label of the failure is the message without the
/// formatted parts.
macro_rules! check {
    ($holds:expr, $format:literal $(, $argument:expr)* $(,)?) => {
        if !$holds {
            let message = format!($format $(, $argument)*);
            let label = $crate::server::scenario::label_of($format);
            return Err($crate::server::scenario::Failure::wrong(&label, message));
        }
    };
}
pub(super) use check;

/// Fails unless the two values are equal.
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, seen: T, expected: T) -> Outcome {
    if seen == expected {
        return Ok(());
    }
    Err(Failure::Wrong(Difference {
        label: what.to_owned(),
        expected: Some(format!("{expected:?}")),
        actual: format!("{seen:?}"),
    }))
}

/// Returns the value, or fails if there is none.
pub(super) fn there<T>(what: &str, seen: Option<T>) -> Result<T, Failure> {
    seen.ok_or_else(|| Failure::wrong(&format!("{what} is missing"), format!("{what} is missing")))
}
