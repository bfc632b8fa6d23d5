//! The copy of the state in the data folder, which a server serves if the database does not answer at its start.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::state_store::StateStore;

/// The shortest time between two writes of the copy.
const PAUSE: Duration = Duration::from_secs(5);

/// A commit: the revision of the state after it, and its random id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) revision: i64,
    pub(super) commit: String,
}

/// The file of the copy.
pub(super) struct Kept {
    file: PathBuf,
    written: Option<(Instant, Position)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    id: String,
    revision: i64,
    commit: String,
    state: Box<RawValue>,
}

impl Kept {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, written: None }
    }

    /// Reads the copy. Returns `None` if there is none, or none that can be read.
    pub(super) fn read(&mut self) -> Option<(String, Position, StateStore)> {
        let text = fs::read(&self.file).ok()?;
        let content: Content = serde_json::from_slice(&text).ok()?;
        let store = StateStore::from_stored(content.state.get()).ok()?;
        let position = Position { revision: content.revision, commit: content.commit };
        Some((content.id, position, store))
    }

    /// Writes the copy, unless it is current or was written a short time ago. A failure is logged.
    pub(super) fn keep(&mut self, id: &str, position: &Position, store: &StateStore) {
        let is_due = self
            .written
            .as_ref()
            .is_none_or(|(at, written)| written != position && at.elapsed() >= PAUSE);
        if !is_due {
            return;
        }
        self.written = Some((Instant::now(), position.clone()));
        if let Err(error) = self.write(id, position, store) {
            tracing::warn!(%error, "the state cannot be kept for a start without the database");
        }
    }

    fn write(&self, id: &str, position: &Position, store: &StateStore) -> io::Result<()> {
        let state = store.to_stored().map_err(io::Error::other)?;
        let content = Content {
            id: id.to_owned(),
            revision: position.revision,
            commit: position.commit.clone(),
            state: RawValue::from_string(state)?,
        };
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = self.file.with_extension("new");
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        // The state contains API keys.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(&serde_json::to_vec(&content)?)?;
        file.sync_all()?;
        fs::rename(new, &self.file)
    }
}
