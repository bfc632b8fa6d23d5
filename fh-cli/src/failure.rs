//! The results of commands and their exit codes: 0 for success, 1 for findings or a refusal, 2 for wrong input or usage, for
//! an Edge that cannot be reached or used, or for output that cannot be written.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::sanitize::visible;

/// The result of a command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The command succeeded and found no problems.
    Fine,
    /// The command found problems, and has written them.
    Findings,
}

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input or the usage is wrong. The text names the input, and in most cases the remedy.
    Input(String),
    /// The input can be read, but does not contain all requested items.
    NotFound(String),
    /// The Edge refused a change or does not show it in time, or `fh probe` found that the server is not healthy.
    Refused(String),
    /// The Edge cannot be reached, does not accept the API key, or sends no features in time.
    Edge(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// Returns the exit code of the process.
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
    /// Treats the error as an error of writing the output. Errors of reading are converted where they occur.
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
