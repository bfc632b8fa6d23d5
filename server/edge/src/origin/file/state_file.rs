//! A state file, which is read once or again and again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use fh_files::{ChangeDetector, FileChange, FileContent, Unreadable};
use uuid::Uuid;

use crate::state::State;
use crate::state::file::{MOST_BYTES, Options, Parsed, StateFileError};

/// The content of a state file. `Debug` does not show its text, since the text may contain API keys.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Loaded {
    /// The state, and the warnings about it.
    pub parsed: Parsed,
    /// The time of the file's last change in milliseconds since 1970, for display. If the file system reports no such time, the time at
    /// which the file was read. The time cannot serve as a version, because a file may be replaced by an older one.
    pub modified: i64,
    /// The text of the file, in which each `${NAME}` is kept and not replaced.
    pub text: Arc<[u8]>,
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("parsed", &self.parsed)
            .field("modified", &self.modified)
            .field("text", &self.text.len())
            .finish()
    }
}

/// The error for a state file that cannot be used. `Display` writes one line per problem with the path of the file. If the content is not a
/// valid state, each line also contains the position of its problem.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileError {
    /// The path of the state file.
    pub path: PathBuf,
    /// The reason why the file cannot be used.
    pub why: FileProblem,
}

/// The reason why a state file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// The file cannot be read, for example because it is missing or too large.
    Unreadable(Unreadable),
    /// The file is not a valid state.
    Wrong(StateFileError),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.why {
            FileProblem::Unreadable(why) => write!(f, "{path}: {why}"),
            FileProblem::Wrong(why) => {
                for (place, problem) in why.problems().iter().enumerate() {
                    let line = if place > 0 { "\n" } else { "" };
                    write!(f, "{line}{path}, {problem}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.why {
            FileProblem::Unreadable(why) => Some(why),
            FileProblem::Wrong(why) => Some(why),
        }
    }
}

/// Reads a state file once, without following its changes.
///
/// A file may contain only a list of features without the id of their environment. If `options` does not set this id either, but the file
/// name begins with an id and a dot, the id in the name is used. FeatureHub's webhook converter writes such files.
///
/// # Errors
/// Returns [`FileError`] if the file cannot be read, or is not a valid state.
pub fn check(path: &Path, options: &Options) -> Result<Loaded, FileError> {
    parse(path, options, read_file(path))
}

/// A state file whose changes can be followed.
///
/// ```no_run
/// use fh_edge::origin::file::StateFile;
/// use fh_edge::state::file::Options;
/// let (file, first) = StateFile::open("state.yaml", Options::new().process_environment());
/// println!("{:?}", first?.parsed.warnings);
/// let watch = file.watch(|read| match read {
///     Ok(loaded) => println!("{} environments", loaded.parsed.state.environments.len()),
///     Err(error) => eprintln!("{error}; the previous state is still served"),
/// })?;
/// watch.reload(); // at SIGHUP
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StateFile {
    pub(super) path: PathBuf,
    pub(super) options: Options,
    detector: ChangeDetector,
}

impl StateFile {
    /// Reads a state file for the first time. Returns the file for [`Self::watch`], together with its content or the error.
    ///
    /// # Errors
    /// The second element is a [`FileError`] if [`check`] would return one. The file can still be followed, and may become valid later.
    pub fn open(path: impl Into<PathBuf>, options: Options) -> (Self, Result<Loaded, FileError>) {
        let mut file =
            Self { path: path.into(), options, detector: ChangeDetector::new(MOST_BYTES) };
        let first = file.read();
        (file, first)
    }

    /// Reads the file and returns its content, even if the file has not changed.
    pub(super) fn read(&mut self) -> Result<Loaded, FileError> {
        let found = self.detector.first(&self.path);
        parse(&self.path, &self.options, found)
    }

    /// Checks the file. The first element of the result is the new content, or the new error of the file; `None` if there is nothing to
    /// report yet. The second element is the time of the next check.
    pub(super) fn check(&mut self, now: SystemTime) -> (Option<Result<Loaded, FileError>>, Next) {
        match self.detector.again(&self.path, now) {
            FileChange::Nothing => (None, Next::Later),
            FileChange::Unsettled => (None, Next::Soon),
            FileChange::New(found) => (Some(parse(&self.path, &self.options, found)), Next::Later),
        }
    }
}

/// The time of the next check of the file. The file may be checked earlier if a change is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// After a short pause, in which a change of the file can be completed.
    Soon,
    /// After the usual interval.
    Later,
}

pub(crate) fn parse(
    path: &Path,
    options: &Options,
    found: Result<FileContent, Unreadable>,
) -> Result<Loaded, FileError> {
    let wrong = |why| FileError { path: path.to_owned(), why };
    let found = found.map_err(|why| wrong(FileProblem::Unreadable(why)))?;
    let options = match environment_in(path) {
        Some(id) => options.clone().environment_if_unknown(id),
        None => options.clone(),
    };
    let parsed =
        State::from_bytes(&found.bytes, &options).map_err(|why| wrong(FileProblem::Wrong(why)))?;
    let modified = found.modified.unwrap_or_else(SystemTime::now);
    Ok(Loaded { parsed, modified: milliseconds(modified), text: found.bytes.into() })
}

/// Reads a state file, which may have at most [`MOST_BYTES`] bytes.
pub(super) fn read_file(path: &Path) -> Result<FileContent, Unreadable> {
    fh_files::read(path, MOST_BYTES)
}

/// Returns the environment id at the beginning of a file's name; `None` if the name does not begin with an id and a dot.
fn environment_in(path: &Path) -> Option<Uuid> {
    let name = path.file_name()?.to_str()?;
    name.get(..36).filter(|_| name.get(36..37) == Some(".")).and_then(|id| id.parse().ok())
}

fn milliseconds(time: SystemTime) -> i64 {
    let whole =
        |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => whole(since),
        Err(before) => -whole(before.duration()),
    }
}

#[cfg(test)]
mod tests;
