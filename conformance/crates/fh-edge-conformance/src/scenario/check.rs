//! How a scenario ends.

use std::fmt;

use crate::wire::WireError;

/// Nothing, or what is wrong.
pub type Outcome = Result<(), Failure>;

/// Why a scenario did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The server did something else.
    Wrong(String),
    /// The server did not answer, or no HTTP.
    Wire(WireError),
    /// Nobody here can bring the server into the state that the scenario needs.
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

/// Something must hold.
macro_rules! check {
    ($holds:expr, $($otherwise:tt)+) => {
        if !$holds {
            return Err($crate::scenario::Failure::Wrong(format!($($otherwise)+)));
        }
    };
}
pub(super) use check;

/// Two things must be equal.
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, seen: T, expected: T) -> Outcome {
    check!(seen == expected, "{what}: {seen:?}, not {expected:?}");
    Ok(())
}

/// Something must be there.
pub(super) fn there<T>(what: &str, seen: Option<T>) -> Result<T, Failure> {
    seen.ok_or_else(|| Failure::Wrong(format!("{what} is not there")))
}
