//! A state file, and a thread that looks whether it has changed.

mod last_good;
mod places;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use fh_files::{Found, Look, Seen, Unreadable};
use uuid::Uuid;

use crate::state::State;
use crate::state::file::{MOST_BYTES, Options, Parsed, StateFileError};

pub use last_good::LastGood;
pub use watch::Watch;

/// The content of a state file. `Debug` does not show its text, which holds API keys.
#[derive(Clone, PartialEq)]
pub struct Loaded {
    /// The state, and what is doubtful about it.
    pub parsed: Parsed,
    /// When the file was changed, in milliseconds since 1970; for people. It stands for no version: a file that takes the place of
    /// another may be older.
    pub modified: i64,
    /// The text itself, with `${NAME}` as it is written.
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

/// Why a state file is not used. Prints itself with the file and the places in it, a line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub why: FileProblem,
}

/// What is wrong with a state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// It cannot be read.
    Unreadable(Unreadable),
    /// It is no state.
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

/// Reads a state file once: `fh serve --check`.
///
/// A list of features that names no environment is that of the file's name, if that begins with the environment's id: so do those that
/// FeatureHub's webhook converter writes.
///
/// # Errors
/// [`FileError`]: it cannot be read, or is no state.
pub fn check(path: &Path, options: &Options) -> Result<Loaded, FileError> {
    parse(path, options, read_file(path))
}

/// A state file that is followed.
///
/// ```no_run
/// use fh_edge::origin::file::StateFile;
/// use fh_edge::state::file::Options;
/// let (file, first) = StateFile::open("state.yaml", Options::new().process_environment());
/// println!("{:?}", first?.parsed.warnings);
/// let watch = file.watch(|read| match read {
///     Ok(loaded) => println!("{} environments", loaded.parsed.state.environments.len()),
///     Err(error) => eprintln!("{error}; the state before still holds"),
/// })?;
/// watch.reload(); // at SIGHUP
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    options: Options,
    look: Look,
}

impl StateFile {
    /// Reads a file for the first time.
    ///
    /// # Errors
    /// In the second part: [`FileError`], as [`check`] gives it. The file can be followed all the same, and may become good.
    pub fn open(path: impl Into<PathBuf>, options: Options) -> (Self, Result<Loaded, FileError>) {
        let mut file = Self { path: path.into(), options, look: Look::new(MOST_BYTES) };
        let first = file.read();
        (file, first)
    }

    /// Follows changes on a thread, which calls with what stands in the file whenever that is new, and with what is wrong once for each
    /// content. It ends when the guard is dropped.
    ///
    /// The system tells of changes in the file's folder and in that of the file that a link leads to; besides, the file is looked at each
    /// second. What was changed is read once it rests for a moment. Editors that write beside the file and rename, and links that are
    /// swapped, as in volumes of Kubernetes, are changes like any other.
    ///
    /// # Errors
    /// The machine gives no thread.
    pub fn watch(
        self,
        on_change: impl FnMut(Result<Loaded, FileError>) + Send + 'static,
    ) -> std::io::Result<Watch> {
        Watch::start(self, watch::Pace::default(), on_change)
    }

    /// Reads the file, new or not.
    fn read(&mut self) -> Result<Loaded, FileError> {
        let found = self.look.first(&self.path);
        parse(&self.path, &self.options, found)
    }

    /// Looks at the file; what stands in it if that is new, and when to look again.
    fn look(&mut self, now: SystemTime) -> (Option<Result<Loaded, FileError>>, Next) {
        match self.look.again(&self.path, now) {
            Seen::Nothing => (None, Next::Later),
            Seen::Unsettled => (None, Next::Soon),
            Seen::New(found) => (Some(parse(&self.path, &self.options, found)), Next::Later),
        }
    }
}

/// When to look again, if nothing is heard before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Once the file has had time to settle.
    Soon,
    /// At the usual interval.
    Later,
}

fn parse(
    path: &Path,
    options: &Options,
    found: Result<Found, Unreadable>,
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

/// Reads a file of at most as many bytes as a state may have.
fn read_file(path: &Path) -> Result<Found, Unreadable> {
    fh_files::read(path, MOST_BYTES)
}

/// The id that a file's name begins with.
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
