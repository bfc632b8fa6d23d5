//! The outcome of a scenario and its checks.

use std::fmt;

use crate::server::wire::WireError;

/// The result of a scenario or of one check.
pub type Outcome = Result<(), Failure>;

/// The reason why a scenario did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The server behaved differently; the text says how.
    Wrong(String),
    /// The server did not answer, or its answer is not HTTP.
    Wire(WireError),
    /// The server cannot be brought into the state that the scenario needs.
    Unable(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(what) => f.write_str(what),
            Self::Wire(error) => write!(f, "{error}"),
            Self::Unable(what) => write!(f, "not run: {what}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

/// Fails the scenario with a formatted message unless the condition holds.
macro_rules! check {
    ($holds:expr, $($otherwise:tt)+) => {
        if !$holds {
            return Err($crate::server::scenario::Failure::Wrong(format!($($otherwise)+)));
        }
    };
}
pub(super) use check;

/// Fails unless the two values are equal.
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, seen: T, expected: T) -> Outcome {
    check!(seen == expected, "{what}: {seen:?}, not {expected:?}");
    Ok(())
}

/// Returns the value, or fails if there is none.
pub(super) fn there<T>(what: &str, seen: Option<T>) -> Result<T, Failure> {
    seen.ok_or_else(|| Failure::Wrong(format!("{what} is missing")))
}
