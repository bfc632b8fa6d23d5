//! Files with secrets, which are read again when they change, as the state file is. The private key of the certificate is not
//! among them.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use fh_edge::AdminKey;
use fh_edge::origin::relay::RelayKeys;
use fh_edge::state::ServiceKey;
use fh_files::{ChangeDetector, FileChange, FileContent, Unreadable};
use tokio::sync::mpsc;

use super::settings::{RelayHeader, Settings, keys_in, relay_headers_in, relay_keys_in};
use crate::failure::Failure;

/// The largest size of a file with secrets, in bytes. A larger file is an error.
const MOST_BYTES: u64 = 1 << 20;
/// The time from one check of the files to the next, unless a reload is requested earlier.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// The time for which a file may be empty, missing or invalid before an error is reported, so that another program can replace the
/// file.
const GRACE: Duration = Duration::from_secs(5);

/// A setting that names a file with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secret {
    AdminKey,
    Keys,
    RelayKeys,
    RelayHeaders,
}

impl Secret {
    /// Returns the flag of the setting, with its `--`.
    pub(crate) const fn flag(self) -> &'static str {
        match self {
            Self::AdminKey => "--admin-key-file",
            Self::Keys => "--key-file",
            Self::RelayKeys => "--relay-key-file",
            Self::RelayHeaders => "--relay-header-file",
        }
    }
}

/// The parsed content of a file with secrets.
#[derive(Debug)]
pub(crate) enum Held {
    AdminKey(AdminKey),
    Keys(Vec<ServiceKey>),
    RelayKeys(Vec<RelayKeys>),
    RelayHeaders(Vec<RelayHeader>),
}

/// The result of reading a file: its new content, or an error. The error never contains a secret.
#[derive(Debug)]
pub(crate) struct SecretRead {
    pub(crate) secret: Secret,
    pub(crate) file: PathBuf,
    pub(crate) held: Result<Held, String>,
}

/// All followed files. The thread that follows them ends when this value is dropped.
#[derive(Debug)]
pub(crate) struct SecretFiles {
    reload: Sender<()>,
    reads: mpsc::Receiver<SecretRead>,
}

impl SecretFiles {
    /// Follows the files that the settings name.
    pub(crate) fn follow(settings: &Settings) -> Result<Self, Failure> {
        let named = [
            (Secret::AdminKey, &settings.admin_key_file),
            (Secret::Keys, &settings.key_file),
            (Secret::RelayKeys, &settings.relay_key_file),
            (Secret::RelayHeaders, &settings.relay_header_file),
        ];
        let mut files: Vec<Followed> = named
            .into_iter()
            .filter_map(|(secret, file)| Some(Followed::new(secret, file.clone()?)))
            .collect();
        let (reload, wishes) = channel();
        let (sender, reads) = mpsc::channel(1);
        if !files.is_empty() {
            let follow = move || follow(&mut files, &wishes, &sender);
            let thread = std::thread::Builder::new().name("fh-secret-files".into()).spawn(follow);
            thread.map_err(|error| {
                Failure::Input(format!("the thread that watches files cannot be started: {error}"))
            })?;
        }
        Ok(Self { reload, reads })
    }

    /// Requests that all files are read again, even if they have not changed.
    pub(crate) fn reload(&self) {
        // Without files there is no thread that receives the request.
        let _ = self.reload.send(());
    }

    /// Waits until a file was read again, because it has changed or a reload was requested, or until an error has lasted for
    /// [`GRACE`]. If no files are followed, waits forever.
    pub(crate) async fn next(&mut self) -> SecretRead {
        match self.reads.recv().await {
            Some(read) => read,
            None => std::future::pending().await,
        }
    }
}

fn follow(files: &mut [Followed], wishes: &Receiver<()>, sender: &mpsc::Sender<SecretRead>) {
    loop {
        let is_asked = match wishes.recv_timeout(BETWEEN_LOOKS) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        for file in &mut *files {
            let read = file.check(is_asked, SystemTime::now(), Instant::now());
            if let Some(read) = read
                && sender.blocking_send(read).is_err()
            {
                return;
            }
        }
    }
}

/// A file with a secret, and its last known state.
struct Followed {
    secret: Secret,
    path: PathBuf,
    detector: ChangeDetector,
    /// The time since which the file has had an error that has not been reported yet, and the text of the latest error.
    trouble: Option<(Instant, String)>,
}

impl Followed {
    /// Starts to follow a file that was already read with the settings.
    fn new(secret: Secret, path: PathBuf) -> Self {
        let mut detector = ChangeDetector::new(MOST_BYTES);
        // The first check only records the state of the file. Its content was read with the settings.
        drop(detector.first(&path));
        Self { secret, path, detector, trouble: None }
    }

    /// Checks the file. Returns its new content, or an error that has lasted for the grace period. Returns `None` if there is
    /// neither. With `is_asked`, reads the file even if it has not changed.
    fn check(&mut self, is_asked: bool, wall: SystemTime, now: Instant) -> Option<SecretRead> {
        let found = match is_asked {
            true => Some(self.detector.first(&self.path)),
            false => match self.detector.again(&self.path, wall) {
                FileChange::New(found) => Some(found),
                FileChange::Nothing | FileChange::Unsettled => None,
            },
        };
        match found.map(|found| self.held(found)) {
            Some(Ok(held)) => {
                self.trouble = None;
                return Some(self.read(Ok(held)));
            }
            Some(Err(why)) => {
                let since = self.trouble.take().map_or(now, |(since, _)| since);
                self.trouble = Some((since, why));
            }
            None => {}
        }
        let is_over = |(since, _): &mut (Instant, String)| now.duration_since(*since) >= GRACE;
        let (_, why) = self.trouble.take_if(is_over)?;
        Some(self.read(Err(why)))
    }

    fn held(&self, found: Result<FileContent, Unreadable>) -> Result<Held, String> {
        let found = found.map_err(|why| why.to_string())?;
        let text =
            String::from_utf8(found.bytes).map_err(|_| "the file is not UTF-8".to_string())?;
        if text.trim().is_empty() {
            return Err("the file is empty".to_string());
        }
        match self.secret {
            Secret::AdminKey => {
                let key = AdminKey::new(text.trim());
                key.map(Held::AdminKey).map_err(|why| why.to_string())
            }
            Secret::Keys => keys_in(&text).map(Held::Keys),
            Secret::RelayKeys => relay_keys_in(&text).map(Held::RelayKeys),
            Secret::RelayHeaders => relay_headers_in(&text).map(Held::RelayHeaders),
        }
    }

    fn read(&self, held: Result<Held, String>) -> SecretRead {
        SecretRead { secret: self.secret, file: self.path.clone(), held }
    }
}

#[cfg(test)]
mod tests {
    use fh_test::Folder;

    use super::*;

    const FIRST: &str = "sixteen-characters-1";

    fn folder_with(text: &str) -> (Folder, PathBuf) {
        let folder = Folder::new();
        let path = folder.file("key");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    /// Checks the file twice, because a changed file is read only when two checks find it the same.
    fn checked_twice(file: &mut Followed, now: Instant) -> Option<Result<bool, String>> {
        let soon = SystemTime::now();
        let read = file.check(false, soon, now).or_else(|| file.check(false, soon, now))?;
        Some(
            read.held
                .map(|held| matches!(held, Held::AdminKey(key) if key.is("sixteen-characters-2"))),
        )
    }

    #[test]
    fn an_unusable_file_is_reported_after_the_grace_period_and_a_new_key_at_once() {
        let (_folder, path) = folder_with(FIRST);
        let mut file = Followed::new(Secret::AdminKey, path.clone());
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert!(checked_twice(&mut file, at(0)).is_none());
        std::fs::write(&path, "").unwrap();
        assert!(checked_twice(&mut file, at(1)).is_none());
        std::fs::remove_file(&path).unwrap();
        assert!(checked_twice(&mut file, at(5)).is_none());
        assert_eq!(checked_twice(&mut file, at(6)), Some(Err("there is no such file".to_string())));
        assert!(checked_twice(&mut file, at(60)).is_none(), "once");
        std::fs::write(&path, "sixteen-characters-2\n").unwrap();
        assert_eq!(checked_twice(&mut file, at(61)), Some(Ok(true)));
        // A key that is too short is replaced by a valid key within the grace period.
        std::fs::write(&path, "short").unwrap();
        assert!(checked_twice(&mut file, at(62)).is_none());
        std::fs::write(&path, FIRST).unwrap();
        assert_eq!(checked_twice(&mut file, at(63)), Some(Ok(false)));
        assert!(checked_twice(&mut file, at(70)).is_none());
    }

    #[test]
    fn a_reload_reads_again() {
        let (_folder, path) = folder_with(FIRST);
        let mut file = Followed::new(Secret::AdminKey, path);
        let now = Instant::now();
        assert!(file.check(true, SystemTime::now(), now).is_some_and(|read| read.held.is_ok()));
    }
}
