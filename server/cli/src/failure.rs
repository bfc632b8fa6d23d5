//! The results of commands and their exit codes.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::sanitize::visible;

/// The result of a command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The exit code is 0. A check may have found warnings.
    Fine,
    /// The command has found and written problems. The exit code is 1.
    Findings,
}

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error that is neither a finding nor one of the Edge or the output, for example wrong input or usage.
    Input(String),
    /// Fewer items exist or were found than were requested.
    NotFound(String),
    /// The Edge refused a change or does not show it in time, or `fh probe` did not find a healthy server.
    Refused(String),
    /// An error of the network or the Edge. For example, the Edge cannot be reached, or sends no features in time.
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
                f.write_str(&visible(&without_numbers(text)))
            }
            Self::Output(error) => {
                f.write_str(&without_numbers(&format!("cannot write the output: {error}")))
            }
        }
    }
}

/// Returns a text without the numbers of the operating system's errors, such as `(os error 98)`, which say no more than the words before
/// them.
pub(crate) fn without_numbers(text: &str) -> Cow<'_, str> {
    let Some((before, after)) = text.split_once(" (os error ") else { return Cow::Borrowed(text) };
    let rest = after.split_once(')').map_or("", |(_, rest)| rest);
    Cow::Owned(format!("{before}{}", without_numbers(rest)))
}

impl From<io::Error> for Failure {
    /// Treats the error as an error of writing the output. Errors of reading are converted where they occur.
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
