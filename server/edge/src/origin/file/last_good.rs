//! Stores the last valid text of a state file, so that an Edge can start while the file cannot be used.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fh_files::FileContent;

use super::state_file::{FileError, Loaded, parse, read_file};
use crate::digest::{digest, digits};
use crate::state::file::Options;

/// The last valid text of one state file, stored in a data folder. Each `${NAME}` in the text is kept and not replaced, so the stored text
/// contains no secret that the state file itself does not contain.
///
/// ```no_run
/// use fh_edge::internal::LastGood;
/// use fh_edge::origin::file::StateFile;
/// use fh_edge::state::file::Options;
/// let kept = LastGood::new("/var/lib/fh-edge", "/etc/fh-edge/state.yaml");
/// let (file, first) = StateFile::open("/etc/fh-edge/state.yaml", Options::new());
/// let loaded = match first {
///     Ok(loaded) => loaded,
///     Err(broken) => kept.read(&Options::new()).ok_or(broken)?,
/// };
/// kept.keep(&loaded)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LastGood {
    source: PathBuf,
    kept: PathBuf,
    dates: KeptDate,
}

/// The modification time that the stored file gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeptDate {
    /// The time at which it is written.
    OfWrite,
    /// The time of the state that it holds.
    OfState,
}

impl LastGood {
    /// Creates the store for the last valid text of the state file `source` in this folder. The name of the stored file is derived from the
    /// absolute path of the state file.
    #[must_use]
    pub fn new(folder: impl AsRef<Path>, source: impl Into<PathBuf>) -> Self {
        let source = source.into();
        let absolute = std::path::absolute(&source).unwrap_or_else(|_| source.clone());
        let name = digits(&digest(absolute.as_os_str().as_encoded_bytes()), 8);
        let kept = folder.as_ref().join(format!("state-{name}.last-good"));
        Self { kept, source, dates: KeptDate::OfWrite }
    }

    /// Creates the store for the last valid text of the object at this URL. The modification time of the stored file is
    /// [`Loaded::modified`], so that versions that are made from this time are the same after a restart.
    #[must_use]
    pub fn of_url(folder: impl AsRef<Path>, url: &str) -> Self {
        let name = digits(&digest(url.as_bytes()), 8);
        let kept = folder.as_ref().join(format!("state-{name}.last-good"));
        Self { kept, source: url.into(), dates: KeptDate::OfState }
    }

    /// Stores the text of a loaded state file, unless the same text is stored already. The stored file is replaced as a whole. On Unix,
    /// only its owner can read it.
    ///
    /// # Errors
    /// Returns the error of the operating system if the text cannot be written to the folder.
    pub fn keep(&self, loaded: &Loaded) -> io::Result<()> {
        if fs::read(&self.kept).is_ok_and(|kept| kept == *loaded.text) {
            return Ok(());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut beside = self.kept.clone().into_os_string();
        beside.push(format!(".{}-{}", std::process::id(), now.as_nanos()));
        let beside = PathBuf::from(beside);
        let date = (self.dates == KeptDate::OfState).then(|| time_of(loaded.modified));
        let written =
            write(&beside, &loaded.text, date).and_then(|()| fs::rename(&beside, &self.kept));
        if written.is_err() {
            // The error is ignored, because the temporary file may not exist.
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Reads the stored text as if it came from the state file. Returns `None` if no text is stored, if the stored file cannot be read, or
    /// if the text is not a valid state with these options. [`Loaded::modified`] is the time of the stored file.
    #[must_use]
    pub fn read(&self, options: &Options) -> Option<Loaded> {
        let found: FileContent = read_file(&self.kept).ok()?;
        let read: Result<Loaded, FileError> = parse(&self.source, options, Ok(found));
        read.ok()
    }
}

/// Returns the time that is this number of milliseconds after 1970. A time before 1970 becomes 1970.
fn time_of(milliseconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}

fn write(path: &Path, text: &[u8], date: Option<SystemTime>) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    if let Some(date) = date {
        file.set_modified(date)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use fh_test::Folder;

    use super::super::StateFile;
    use super::*;

    #[test]
    fn the_text_is_kept_with_its_variables_for_its_own_file() {
        let folder = Folder::new();
        let text = "environments: [{name: dev}]\naccounts: [{name: a, clientKey: '${KEY}', permissions: {dev: READ}}]";
        folder.write("state.yaml", text, 1);
        let options = Options::new().secrets(|name| (name == "KEY").then(|| "s3cr3t*".to_owned()));
        let path = folder.file("state.yaml");
        let kept = LastGood::new(folder.path(), &path);
        assert_eq!(kept.read(&options), None);
        let loaded = StateFile::open(&path, options.clone()).1.unwrap();
        kept.keep(&loaded).unwrap();
        kept.keep(&loaded).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(kept.read(&options).unwrap().parsed, loaded.parsed);
        assert_eq!(kept.read(&Options::new()), None, "its secret is not known");
        assert_eq!(LastGood::new(folder.path(), folder.file("other.yaml")).read(&options), None);
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let file = files.into_iter().next().unwrap().unwrap().path();
        let bytes = fs::read_to_string(&file).unwrap();
        assert!(bytes == text && !bytes.contains("s3cr3t"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
