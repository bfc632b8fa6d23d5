//! The record of an upstream key that survives restarts. It contains the time of the last successful response, the latest consecutive
//! refusals, and whether the key is revoked. It is stored beside the snapshot of the key's features.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fh_eval::Timestamp;
use serde::{Deserialize, Serialize};

use super::key_state::{KeyState, Refusals, Terms, age};

/// The value of `format` in every record.
const FORMAT: &str = "fh-relay-standing/1";
/// The largest number of bytes that are read from a record file. No record that a relay writes is longer.
const MAX_BYTES: u64 = 4096;
/// The minimum time by which a successful response must be later than the recorded one, before the record is written for this reason alone
/// while the relay runs. After a crash, the recorded time may be too early by about this duration.
const CONFIRM: Duration = Duration::from_secs(600);
/// The divisor of [`Terms::max_age`]. If the quotient is shorter than [`CONFIRM`], the quotient is used instead. So after a crash, features
/// expire too early by at most about one percent of [`Terms::max_age`].
const SHARE: u32 = 100;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    format: String,
    answered: Option<String>,
    refused_since: Option<String>,
    refusals: u32,
    is_revoked: bool,
}

/// The record file of one upstream key. On Unix and Windows, only one relay writes the file, because of the lock
/// [`FolderLock`](super::folder::FolderLock).
#[derive(Debug)]
pub(super) struct RecordFile {
    path: PathBuf,
    written: KeyState,
    /// True if the last write of the file failed. The failure has been logged.
    has_failed: bool,
}

impl RecordFile {
    /// Opens the record file of a key, and returns it with the recorded state of the key. If the file is damaged or cannot be read, a
    /// warning is logged and the file counts as missing. The state of a missing file is the default state.
    pub(super) fn open(path: PathBuf) -> (Self, KeyState) {
        let key_state = read(&path).unwrap_or_else(|why| {
            tracing::warn!(file = %path.display(), %why, "the record of an upstream key cannot be read, so it counts as missing");
            KeyState::default()
        });
        (Self { path, written: key_state.clone(), has_failed: false }, key_state)
    }

    /// Returns true if the file has to be written, because the refusals, the revocation or the last successful response of the key differ
    /// from those that were last read or written. If only the time of the last successful response differs, the new time must be later by
    /// at least [`CONFIRM`]. If features expire and one percent of [`Terms::max_age`] is shorter, that time is enough.
    pub(super) fn is_behind(&self, key_state: &KeyState, terms: &Terms) -> bool {
        if self.written.refusals != key_state.refusals
            || self.written.is_revoked != key_state.is_revoked
        {
            return true;
        }
        let pause = match terms.max_age {
            Duration::ZERO => CONFIRM,
            limit => CONFIRM.min(limit / SHARE),
        };
        match (self.written.last_answered, key_state.last_answered) {
            (Some(written), Some(answered)) => age(written, answered) >= pause,
            (written, answered) => written != answered,
        }
    }

    /// Writes the key's state to the file, unless it is the state that was last read or written. This call may block. Of several failures
    /// in a row, only the first is logged.
    pub(super) fn write(&mut self, key_state: &KeyState) {
        let key_state = KeyState { last_attempt: None, ..key_state.clone() };
        if key_state == self.written {
            return;
        }
        match replace(&self.path, &key_state) {
            Ok(()) => {
                self.written = key_state;
                self.has_failed = false;
            }
            Err(why) if !self.has_failed => {
                self.has_failed = true;
                tracing::warn!(file = %self.path.display(), %why, "the record of an upstream key cannot be written");
            }
            Err(_) => {}
        }
    }
}

fn read(path: &Path) -> io::Result<KeyState> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(KeyState::default()),
        Err(why) => return Err(why),
    };
    let mut text = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut text)?;
    let stored: Stored = serde_json::from_slice(&text)?;
    let invalid = |why| io::Error::new(io::ErrorKind::InvalidData, why);
    if stored.format != FORMAT {
        return Err(invalid("the record has another format than this program reads"));
    }
    let time = |text: Option<String>| {
        let parse = |text: String| {
            text.parse::<Timestamp>().map_err(|_| invalid("the record contains an invalid time"))
        };
        text.map(parse).transpose()
    };
    let count = stored.refusals;
    Ok(KeyState {
        last_answered: time(stored.answered)?,
        refusals: time(stored.refused_since)?.map(|since| Refusals { since, count }),
        is_revoked: stored.is_revoked,
        last_attempt: None,
    })
}

/// Replaces the record file as a whole. The temporary file of a record always has the same name.
fn replace(path: &Path, key_state: &KeyState) -> io::Result<()> {
    let stored = Stored {
        format: FORMAT.to_string(),
        answered: key_state.last_answered.map(|time| time.to_string()),
        refused_since: key_state.refusals.map(|refusals| refusals.since.to_string()),
        refusals: key_state.refusals.map_or(0, |refusals| refusals.count),
        is_revoked: key_state.is_revoked,
    };
    let beside = path.with_extension("standing.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(&serde_json::to_vec(&stored)?)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms =
        Terms { max_age: Duration::from_secs(7 * 86_400), revoke_after: Duration::from_secs(600) };

    fn at(millis: i64) -> Option<Timestamp> {
        Some(Timestamp::from_millis(millis))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = fh_test::Folder::new();
        let path = folder.file("key.standing");
        let (mut file, key_state) = RecordFile::open(path.clone());
        assert_eq!(key_state, KeyState::default());
        let refusals = Refusals { since: Timestamp::from_millis(1_700_000_000_500), count: 3 };
        for (refusals, is_revoked) in [(None, false), (Some(refusals), false), (None, true)] {
            let key_state = KeyState {
                last_answered: at(1_600_000_000_250),
                refusals,
                is_revoked,
                last_attempt: Some(7),
            };
            assert!(file.is_behind(&key_state, &TERMS));
            file.write(&key_state);
            assert!(!file.is_behind(&key_state, &TERMS));
            let (_, again) = RecordFile::open(path.clone());
            assert_eq!(again, KeyState { last_attempt: None, ..key_state });
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_record_is_as_good_as_none() {
        let folder = fh_test::Folder::new();
        let path = folder.file("key.standing");
        let (mut file, _) = RecordFile::open(path.clone());
        file.write(&KeyState { last_answered: at(0), is_revoked: true, ..KeyState::default() });
        let whole = fs::read_to_string(&path).unwrap();
        let damaged = [
            whole[..whole.len() / 2].to_string(),
            String::new(),
            "[]".to_string(),
            whole.replace("standing/1", "standing/2"),
            whole.replace("1970", "soon"),
            format!("{whole}{}", " ".repeat(5000)).replace("1970", "later, and never 1970"),
        ];
        for text in damaged {
            fs::write(&path, &text).unwrap();
            assert_eq!(RecordFile::open(path.clone()).1, KeyState::default(), "{text}");
        }
    }

    #[test]
    fn answers_are_not_written_all_the_time() {
        let folder = fh_test::Folder::new();
        let (mut file, _) = RecordFile::open(folder.file("key.standing"));
        let answered = |millis| KeyState { last_answered: at(millis), ..KeyState::default() };
        file.write(&answered(0));
        assert!(!file.is_behind(&answered(599_999), &TERMS));
        assert!(file.is_behind(&answered(600_000), &TERMS));
        let brief = Terms { max_age: Duration::from_secs(60), ..TERMS };
        assert!(!file.is_behind(&answered(599), &brief));
        assert!(file.is_behind(&answered(600), &brief));
        let endless = Terms { max_age: Duration::ZERO, ..TERMS };
        assert!(!file.is_behind(&answered(599_999), &endless));
    }
}
