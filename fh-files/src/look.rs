//! Whether a file has changed, from looks at it: its times, size and number, and in doubt its content.

use std::fmt;
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A file that was changed within this time may change again without showing it: clocks of file systems are coarse.
const COARSE: Duration = Duration::from_secs(2);

/// The content of a file. `Debug` shows its size only: files hold API keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// Its content.
    pub bytes: Vec<u8>,
    /// When it was changed, as far as the file system knows.
    pub modified: Option<SystemTime>,
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("bytes", &self.bytes.len())
            .field("modified", &self.modified)
            .finish()
    }
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    what: String,
    is_missing: bool,
}

impl Unreadable {
    /// Is there no such file?
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        self.is_missing
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Unreadable {}

/// Reads a file of at most so many bytes. What is no file is not opened: to open a pipe is to wait for somebody to write into it.
///
/// # Errors
/// [`Unreadable`]: it is not there, is no file, is too large, or may not be read.
pub fn read(path: &Path, most_bytes: u64) -> Result<Found, Unreadable> {
    let mut bytes = Vec::new();
    let outcome = std::fs::metadata(path).and_then(|found| {
        if !found.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        if found.len() > most_bytes {
            return Ok(Err(too_large(most_bytes)));
        }
        let file = std::fs::File::open(path)?;
        let modified = file.metadata().and_then(|opened| opened.modified()).ok();
        // It may have grown meanwhile.
        file.take(most_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(if bytes.len() as u64 > most_bytes { Err(too_large(most_bytes)) } else { Ok(modified) })
    });
    match outcome {
        Ok(Err(error)) => Err(error),
        Ok(Ok(modified)) => Ok(Found { bytes, modified }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Unreadable { what: "there is no such file".to_owned(), is_missing: true })
        }
        Err(error) => {
            Err(Unreadable { what: format!("it cannot be read: {error}"), is_missing: false })
        }
    }
}

fn too_large(most_bytes: u64) -> Unreadable {
    Unreadable { what: format!("it is larger than {most_bytes} bytes"), is_missing: false }
}

/// What a file looks like from outside; `None`: there is none.
type Outside = Option<Signature>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Signature {
    changed: Option<SystemTime>,
    /// When anything about it was changed, which no program can set: an edit that restores size and time changes it.
    touched: Option<SystemTime>,
    bytes: u64,
    number: u64,
}

impl Signature {
    fn of(path: &Path) -> Outside {
        std::fs::metadata(path).ok().map(|found| Self {
            changed: found.modified().ok(),
            touched: touched(&found),
            bytes: found.len(),
            number: number(&found),
        })
    }

    /// May the file be changed without looking different?
    fn is_fresh(&self, now: SystemTime) -> bool {
        let last = self.changed.max(self.touched);
        let age = last.map(|changed| now.duration_since(changed));
        // A time in the future says nothing.
        !matches!(age, Some(Ok(age)) if age > COARSE)
    }
}

/// The time of the last change of a file's content or of what the file system knows of it.
#[cfg(unix)]
fn touched(found: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = Duration::from_secs(u64::try_from(found.ctime()).ok()?);
    let nanoseconds = Duration::from_nanos(u64::try_from(found.ctime_nsec()).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(seconds)?.checked_add(nanoseconds)
}

#[cfg(not(unix))]
fn touched(_: &Metadata) -> Option<SystemTime> {
    None
}

#[cfg(unix)]
fn number(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}

/// What a look at a file told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing new.
    Nothing,
    /// The file has changed since the last look, so it may still be written. The next look will tell; it should come soon.
    Unsettled,
    /// What stands in it now, which is new; or why it cannot be read, which is told once.
    New(Result<Found, Unreadable>),
}

/// What was seen of a file so far.
///
/// Looks are repeated: at intervals, or when the system says that something has happened. A file that was changed is read once it looks
/// the same twice, so that one that is half written is not. Symbolic links are followed, so that one which is swapped is a change.
#[derive(Debug)]
pub struct Look {
    most_bytes: u64,
    /// At the last look.
    seen: Outside,
    /// When it was last read.
    read: Outside,
    /// What stood in it then.
    content: Option<u64>,
}

impl Look {
    /// Nothing is known of the file yet. A file of more than so many bytes will be refused.
    #[must_use]
    pub const fn new(most_bytes: u64) -> Self {
        Self { most_bytes, seen: None, read: None, content: None }
    }

    /// Reads the file, new or not.
    ///
    /// # Errors
    /// As [`read`].
    pub fn first(&mut self, path: &Path) -> Result<Found, Unreadable> {
        self.seen = Signature::of(path);
        self.read = self.seen;
        let found = read(path, self.most_bytes);
        self.content = found.as_ref().ok().map(hash);
        found
    }

    /// Looks again, at this time by the clock of the file system.
    pub fn again(&mut self, path: &Path, now: SystemTime) -> Seen {
        let outside = Signature::of(path);
        if outside != std::mem::replace(&mut self.seen, outside) {
            return Seen::Unsettled;
        }
        let is_settled = match outside {
            None => true,
            // What could not be read may be readable by now, and looks no different: somebody allowed it, or a disk came back.
            Some(found) => self.content.is_some() && !found.is_fresh(now),
        };
        if outside == self.read && is_settled {
            return Seen::Nothing;
        }
        let found = read(path, self.most_bytes);
        if Signature::of(path) != outside {
            // It changed while it was read. The next look sees that.
            return Seen::Unsettled;
        }
        let is_same_place = std::mem::replace(&mut self.read, outside) == outside;
        let content = found.as_ref().ok().map(hash);
        let is_same = std::mem::replace(&mut self.content, content) == content;
        if is_same && (content.is_some() || is_same_place) {
            return Seen::Nothing;
        }
        Seen::New(found)
    }
}

fn hash(found: &Found) -> u64 {
    let mut hasher = DefaultHasher::new();
    found.bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
