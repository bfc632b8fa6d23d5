//! How commands end. Exit codes: 0 fine, 1 findings, 2 bad input or usage, or no answer from the Edge.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::shown::visible;

/// How a command that ran to its end ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// As it should be.
    Fine,
    /// Something was found wanting, and has been said.
    Findings,
}

/// Why a command did not get to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input or the usage is wrong: one sentence with the place and what to do.
    Input(String),
    /// The input is fine, but holds no such thing.
    NotFound(String),
    /// The Edge would not do what was asked.
    Refused(String),
    /// The Edge could not be asked, or lets nobody in with this key.
    Edge(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// What the shell gets.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotFound(_) | Self::Refused(_) => ExitCode::from(1),
            Self::Input(_) | Self::Edge(_) | Self::Output(_) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(text) | Self::NotFound(text) | Self::Refused(text) | Self::Edge(text) => {
                f.write_str(&visible(text))
            }
            Self::Output(error) => write!(f, "cannot write the output: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    /// Inputs map their errors themselves; every other one comes from writing.
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
