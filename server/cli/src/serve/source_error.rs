//! The reason why the source of a state, a file or a URL, gives no state.

use fh_edge::origin::file::{FileError, FileProblem};

use super::state_url::FetchError;
use crate::failure::without_numbers;
use crate::sanitize::plural;
use crate::shell::quoted;

/// The reason why the source of a state could not be read, or holds no valid state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SourceError {
    /// A file cannot be read, or the content of a file or an object is no valid state.
    Content(FileError),
    Fetch(FetchError),
}

/// Returns the text of a file that cannot be read. The text for a missing file names the command that writes one.
pub(super) fn unreadable(error: &FileError) -> String {
    match &error.why {
        FileProblem::Unreadable(why) if why.is_missing() => {
            let path = quoted(&error.path.display().to_string()).to_string();
            format!("{error}; `fh init {path}` writes a file to start from")
        }
        _ => error.to_string(),
    }
}

impl SourceError {
    /// Describes the first problem of the source, and the number of its other problems.
    pub(crate) fn text(&self) -> String {
        let error = match self {
            Self::Content(error) => error,
            Self::Fetch(why) => return without_numbers(&why.to_string()).into_owned(),
        };
        let source = error.path.display();
        let problems = match &error.why {
            FileProblem::Wrong(wrong) => wrong.problems(),
            FileProblem::Unreadable(_) => return unreadable(error),
        };
        match problems {
            [first, _, others @ ..] => format!(
                "{source}: {first}; and {}, which `fh serve --check {source}` shows",
                plural(others.len() + 1, "more problem", "more problems")
            ),
            [one] => format!("{source}: {one}"),
            [] => error.to_string(),
        }
    }

    /// Returns what is wrong with the source in a few words.
    pub(crate) const fn summary(&self) -> &'static str {
        match self {
            Self::Content(_) => "the state file is broken",
            Self::Fetch(_) => "the state cannot be fetched",
        }
    }

    /// Returns the text that readiness shows while an earlier state is served.
    pub(crate) fn notice(&self) -> String {
        format!("{}, and the last good state is served: {}", self.summary(), self.text())
    }

    /// Returns true if the source may give a state later, without a change of settings or of its content.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self, Self::Fetch(FetchError { is_lasting: false, .. }))
    }
}
