//! Detects changes of a file from its times, size and inode number, and from its content if these are not sufficient.

use std::fmt;
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::similar_file::similar_file;
use crate::text;

/// The age up to which a file's metadata is not trusted. File systems have coarse clocks, so a file that changed so recently may change
/// again without a new modification time.
const COARSE: Duration = Duration::from_secs(2);

/// The content of a file and its modification time. `Debug` shows the number of bytes in place of the bytes, because files may hold API
/// keys.
#[derive(Clone, PartialEq, Eq)]
pub struct FileContent {
    /// The bytes of the file, without a UTF-8 byte order mark at the beginning.
    pub bytes: Vec<u8>,
    /// The modification time of the file; `None` if it could not be read.
    pub modified: Option<SystemTime>,
}

impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileContent")
            .field("bytes", &self.bytes.len())
            .field("modified", &self.modified)
            .finish()
    }
}

/// The error for a file that could not be read, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    what: String,
    is_missing: bool,
}

impl Unreadable {
    /// Returns true if the file could not be read because it does not exist.
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

/// Reads a file of at most `most_bytes` bytes; a larger file is an error. A UTF-8 byte order mark at the beginning is left out, as some
/// editors write it before a text. Only regular files are opened, because opening a pipe would block
/// until another program writes to the pipe.
///
/// # Errors
/// Returns [`Unreadable`] if the file is missing, is not a regular file, is too large, begins with a byte order mark of UTF-16, or cannot be
/// read.
pub fn read(path: &Path, most_bytes: u64) -> Result<FileContent, Unreadable> {
    let mut bytes = Vec::new();
    let outcome = std::fs::metadata(path).and_then(|found| {
        if found.is_dir() {
            return Err(io::Error::other("the path is that of a folder: write the path of a file"));
        }
        if !found.is_file() {
            return Err(io::Error::other("the path is not that of a regular file"));
        }
        if found.len() > most_bytes {
            return Ok(Err(too_large(most_bytes)));
        }
        let file = std::fs::File::open(path)?;
        let modified = file.metadata().and_then(|opened| opened.modified()).ok();
        // The file may have grown since its size was checked.
        file.take(most_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(if bytes.len() as u64 > most_bytes { Err(too_large(most_bytes)) } else { Ok(modified) })
    });
    match outcome {
        Ok(Err(error)) => Err(error),
        Ok(Ok(_)) if text::is_utf16(&bytes) => {
            let what = "the file is UTF-16 text: save it as UTF-8".to_owned();
            Err(Unreadable { what, is_missing: false })
        }
        Ok(Ok(modified)) => {
            let mark = bytes.len() - text::without_mark_bytes(&bytes).len();
            bytes.drain(..mark);
            Ok(FileContent { bytes, modified })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let meant = similar_file(path);
            let meant = meant.map(|meant| format!("; did you mean {}?", meant.display()));
            let what = format!("there is no such file{}", meant.unwrap_or_default());
            Err(Unreadable { what, is_missing: true })
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let what = "permission denied: make the file readable for this user".to_owned();
            Err(Unreadable { what, is_missing: false })
        }
        Err(error) => {
            Err(Unreadable { what: format!("the file cannot be read: {error}"), is_missing: false })
        }
    }
}

fn too_large(most_bytes: u64) -> Unreadable {
    Unreadable { what: format!("the file is larger than {most_bytes} bytes"), is_missing: false }
}

/// The metadata of a file; `None` if the metadata cannot be read, for example because the file does not exist.
type Outside = Option<Signature>;

/// The metadata by which a change of a file is detected: its times, its length in bytes and its inode number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Signature {
    changed: Option<SystemTime>,
    /// The time of the last change of content or metadata (`ctime`); `None` if the platform does not report this time, or if it is before
    /// 1970. Programs cannot set this time, so it reveals an edit that restores the size and the modification time.
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

    /// Returns true if a further change of the file might not show in its metadata. This is so if the file changed at most two seconds
    /// before `now`, or if the time of the last change is unknown or in the future.
    fn is_fresh(&self, now: SystemTime) -> bool {
        let last = self.changed.max(self.touched);
        let age = last.map(|changed| now.duration_since(changed));
        // A time in the future gives no age, so the file counts as fresh.
        !matches!(age, Some(Ok(age)) if age > COARSE)
    }
}

/// Returns the time of the last change of a file's content or metadata (`ctime`), or `None` if the platform does not report this time or
/// the time is before 1970.
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

/// Returns the inode number of a file.
#[cfg(unix)]
fn number(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}

/// The result of one check of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChange {
    /// No change since the last read was found: the file has the same metadata or the same content, or it is still missing.
    Nothing,
    /// The metadata of the file has changed since the last check, or while the file was read, so another program may still be writing to
    /// the file. Check the file again soon, because it is read once two checks in a row find the same metadata.
    Unsettled,
    /// The file has new content, became missing or unreadable, or is readable again. The error of a file that stays unreadable is reported
    /// again only if the file's metadata has changed.
    New(Result<FileContent, Unreadable>),
}

/// Detects changes of one file by repeated checks.
///
/// Call [`again`](Self::again) at intervals, or whenever the operating system reports a change. A changed file is read only after two
/// checks in a row found the same metadata, so that a file to which a program is writing is seldom read. Symbolic links are followed, so
/// that the detector compares the files to which they lead.
#[derive(Debug)]
pub struct ChangeDetector {
    most_bytes: u64,
    /// The metadata at the last check.
    seen: Outside,
    /// The metadata when the file was last read without changing meanwhile.
    read: Outside,
    /// The hash of the content that was read then; `None` if the file could not be read, or before the first read.
    content: Option<u64>,
}

impl ChangeDetector {
    /// Creates a detector that has not checked its file yet. A file of more than `most_bytes` bytes is reported as unreadable.
    #[must_use]
    pub const fn new(most_bytes: u64) -> Self {
        Self { most_bytes, seen: None, read: None, content: None }
    }

    /// Reads the file, even if it has not changed.
    ///
    /// # Errors
    /// Returns [`Unreadable`] in the same cases as [`read`].
    pub fn first(&mut self, path: &Path) -> Result<FileContent, Unreadable> {
        self.seen = Signature::of(path);
        self.read = self.seen;
        let found = read(path, self.most_bytes);
        self.content = found.as_ref().ok().map(hash);
        found
    }

    /// Checks the file again. The file is read if it may have changed and its metadata is the same as at the last check. `now` is the
    /// current time by the clock of the file system.
    pub fn again(&mut self, path: &Path, now: SystemTime) -> FileChange {
        let outside = Signature::of(path);
        if outside != std::mem::replace(&mut self.seen, outside) {
            return FileChange::Unsettled;
        }
        let is_settled = match outside {
            None => true,
            // A file that could not be read may be readable now with the same metadata: its permissions were changed, or a disk came back.
            Some(found) => self.content.is_some() && !found.is_fresh(now),
        };
        if outside == self.read && is_settled {
            return FileChange::Nothing;
        }
        let found = read(path, self.most_bytes);
        if Signature::of(path) != outside {
            // The file changed while it was read. The next check will detect the change.
            return FileChange::Unsettled;
        }
        let is_same_place = std::mem::replace(&mut self.read, outside) == outside;
        let content = found.as_ref().ok().map(hash);
        let is_same = std::mem::replace(&mut self.content, content) == content;
        if is_same && (content.is_some() || is_same_place) {
            return FileChange::Nothing;
        }
        FileChange::New(found)
    }
}

fn hash(found: &FileContent) -> u64 {
    let mut hasher = DefaultHasher::new();
    found.bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
