//! A file with a ruleset, which a client follows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fh_eval::featuresignals::Document;
use fh_files::{ChangeDetector, FileChange};
use fh_repository::notice::Notice;
use fh_repository::source::Source;
use tokio::sync::mpsc;

use crate::command::{Command, StoredShape};

/// The time between two checks of the file.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// Maximum size of the file in bytes.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// A file with a ruleset, and what is known about its content.
pub(crate) struct RulesetFile {
    path: PathBuf,
    detector: ChangeDetector,
}

/// Returns the source of rulesets of files.
pub(crate) fn source() -> Source {
    Source::Store("ruleset-file".into())
}

/// Checks that a file holds a ruleset. The error names the path and the reason.
pub(crate) fn check_file(path: &Path) -> Result<(), String> {
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let content = fh_files::read(path, MOST_BYTES).map_err(|why| named(&why))?;
    Document::parse(&content.bytes).map(drop).map_err(|why| named(&why))
}

impl RulesetFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, detector: ChangeDetector::new(MOST_BYTES) }
    }

    /// Reads the file for the first time.
    pub(crate) fn first(&mut self) -> Result<Vec<u8>, Notice> {
        match self.detector.first(&self.path) {
            Ok(content) => Ok(content.bytes),
            Err(why) => Err(self.unusable(&why)),
        }
    }

    fn unusable(&self, why: &dyn std::fmt::Display) -> Notice {
        let why = format!("{}: {why}", self.path.display());
        Notice::StoreIgnored { source: source(), why }
    }

    /// Passes each new content of the file to a client, until the client ends.
    pub(crate) async fn follow(
        mut self,
        environment: Arc<str>,
        commands: mpsc::WeakUnboundedSender<Command>,
    ) {
        loop {
            tokio::time::sleep(CHECK_EVERY).await;
            // Reading a file may block.
            let checked = tokio::task::spawn_blocking(move || {
                let change = self.detector.again(&self.path, SystemTime::now());
                (self, change)
            });
            let Ok((file, change)) = checked.await else { return };
            self = file;
            let Some(commands) = commands.upgrade() else { return };
            let command = match change {
                FileChange::Nothing | FileChange::Unsettled => continue,
                FileChange::New(Ok(content)) => Command::Stored {
                    source: source(),
                    environment: Arc::clone(&environment),
                    json: content.bytes,
                    shape: StoredShape::List,
                },
                FileChange::New(Err(why)) => Command::Notice(self.unusable(&why)),
            };
            if commands.send(command).is_err() {
                return;
            }
        }
    }
}
