//! The schedule and the content of snapshot writes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::publication::{RawKind, RawUpdate};
use fh_repository::rules::Rules;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_session::{ApiKeys, ContextHeader, KeyKind};

use super::file::{self, Owner, Saved};
use super::replace::replace;
use super::setting::{Reading, SnapshotFile};
use crate::wall_clock::WallClock;

/// The minimum time between two writes of new features, unless the client is flushed or closed.
const PAUSE: Duration = Duration::from_secs(5);
/// The time after which the file is written again without new features, if the Edge has confirmed the features since the last
/// write. The file contains the time at which its features were last known to be current, and the write updates that time.
const CONFIRM: Duration = Duration::from_secs(600);

/// The writer of one client's snapshot file. It decides when to write and which features to write.
pub(crate) struct SnapshotWriter {
    file: SnapshotFile,
    owner: Owner,
    clock: WallClock,
    rules: Option<Arc<Rules>>,
    /// True once the Edge has sent a list for the present API keys. Until then nothing is written, because the features may
    /// come from the snapshot file, from a store, or from a list that the Edge sent for former keys.
    has_list: bool,
    is_live: bool,
    confirmed: Option<Millis>,
    /// True if features were published or the API keys were changed after the last write began, or if the last write failed.
    is_new: bool,
    written: Option<Millis>,
    /// The time at which the Edge had last confirmed the features of the last write.
    written_confirmed: Option<Millis>,
}

/// The outcome of reading the snapshot file at the start.
pub(crate) enum Found {
    Nothing,
    Unusable(String),
    Saved(Saved),
}

/// Reads a snapshot file, without a check of its age.
fn found_in(path: &Path, owner: &Owner) -> Found {
    match file::load(path) {
        Ok(None) => Found::Nothing,
        Ok(Some(text)) => match file::read(text, owner) {
            Ok(saved) => Found::Saved(saved),
            Err(why) => Found::Unusable(why),
        },
        Err(error) => Found::Unusable(error.to_string()),
    }
}

/// A write of the snapshot file, which must run on a thread that may block.
pub(crate) struct DueWrite {
    path: PathBuf,
    rules: Arc<Rules>,
    owner: Owner,
    saved_at: Timestamp,
}

impl DueWrite {
    pub(crate) fn run(&self) -> io::Result<()> {
        let bytes = file::write(&self.rules, &self.owner, self.saved_at)?;
        replace(&self.path, &bytes)
    }
}

impl SnapshotWriter {
    pub(crate) fn new(
        file: SnapshotFile,
        keys: &ApiKeys,
        context: &ContextHeader,
        clock: WallClock,
    ) -> Self {
        let context = match keys.kind() {
            KeyKind::ClientEvaluated => String::from("0"),
            KeyKind::ServerEvaluated => context.context_sha(),
        };
        Self {
            file,
            owner: Owner { kind: keys.kind(), keys: keys.fingerprint(), context },
            clock,
            rules: None,
            has_list: false,
            is_live: false,
            confirmed: None,
            is_new: false,
            written: None,
            written_confirmed: None,
        }
    }

    /// Reads the snapshot file on this thread, if the client reads it at its start; `None` otherwise. A file that cannot be read, or that
    /// belongs to other API keys or to another context, is unusable, and so is a file older than the maximum age.
    pub(crate) fn load_at_start(&self) -> Option<Found> {
        let is_due = self.file.reading == Reading::AtTheStart;
        is_due.then(|| self.checked(found_in(&self.file.path, &self.owner)))
    }

    /// Reads the snapshot file on a thread that may block, unless the client has read it at its start.
    pub(crate) async fn load(&self) -> Found {
        if self.file.reading == Reading::AtTheStart {
            return Found::Nothing;
        }
        let (path, owner) = (self.file.path.clone(), self.owner.clone());
        let loaded = tokio::task::spawn_blocking(move || found_in(&path, &owner)).await;
        self.checked(loaded.unwrap_or(Found::Nothing))
    }

    fn checked(&self, found: Found) -> Found {
        match found {
            Found::Saved(saved) if self.is_too_old(saved.at) => {
                Found::Unusable("the snapshot is older than the maximum age".to_string())
            }
            found => found,
        }
    }

    fn is_too_old(&self, saved: Timestamp) -> bool {
        let age = (self.clock)().as_millis().saturating_sub(saved.as_millis());
        self.file
            .max_age
            .is_some_and(|limit| i64::try_from(limit.as_millis()).is_ok_and(|limit| age > limit))
    }

    /// Records the published features, which a later write can save.
    pub(crate) fn published(&mut self, rules: &Arc<Rules>) {
        self.rules = Some(Arc::clone(rules));
        self.is_new = true;
    }

    /// Records that an update was received. The features may be written once the Edge has sent a list of features.
    pub(crate) fn received(&mut self, update: &RawUpdate) {
        self.has_list |= update.kind == RawKind::List && update.source.is_edge();
    }

    /// Records from the status the time at which the Edge last confirmed the features, and whether a stream is open.
    pub(crate) fn status(&mut self, status: &SessionStatus) {
        self.is_live = status.connection == Connection::Streaming;
        self.confirmed = status.updated;
    }

    /// Uses these API keys for all later writes. The present features may have been fetched with the former keys. No features
    /// are written until the Edge has sent a list for the new keys.
    pub(crate) fn keys(&mut self, keys: &ApiKeys) {
        self.owner.kind = keys.kind();
        self.owner.keys = keys.fingerprint();
        self.has_list = false;
        self.is_new = true;
    }

    const fn can_be_saved(&self) -> bool {
        self.has_list && self.rules.is_some()
    }

    /// Returns true if a write would change the file: the features are new, or the Edge has confirmed them since the last
    /// write. An open stream confirms them all the time.
    fn would_change_file(&self) -> bool {
        self.is_new || self.is_live || self.confirmed > self.written_confirmed
    }

    /// Returns the time of the next write. Returns `None` while the Edge has sent no list of features, or while the file would
    /// stay the same.
    pub(crate) fn due(&self) -> Option<Millis> {
        if !self.can_be_saved() || !self.would_change_file() {
            return None;
        }
        let pause = if self.is_new { PAUSE } else { CONFIRM };
        Some(self.written.map_or_else(Millis::default, |written| written.after(pause)))
    }

    /// Records that the last write failed. The features are written again after the usual pause.
    pub(crate) const fn failed(&mut self) {
        self.is_new = true;
    }

    /// Returns true if features may be written, and the last write that began does not contain them for the present API keys or
    /// has failed.
    pub(crate) const fn has_news(&self) -> bool {
        self.is_new && self.can_be_saved()
    }

    /// Returns the write to run when the client ends, or `None` if there is nothing new to write.
    pub(crate) fn last(&mut self, now: Millis) -> Option<DueWrite> {
        if self.is_new { self.begin(now) } else { None }
    }

    /// Returns a write of the present features. Returns `None` if the Edge has sent no list of features, or if the file would
    /// stay the same.
    pub(crate) fn begin(&mut self, now: Millis) -> Option<DueWrite> {
        if !self.can_be_saved() || !self.would_change_file() {
            return None;
        }
        let rules = self.rules.clone()?;
        let confirmed = if self.is_live { Some(now) } else { self.confirmed };
        let age = confirmed.map_or(Duration::ZERO, |confirmed| now.since(confirmed));
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let wall = (self.clock)().as_millis();
        self.is_new = false;
        self.written = Some(now);
        self.written_confirmed = confirmed;
        Some(DueWrite {
            path: self.file.path.clone(),
            rules,
            owner: self.owner.clone(),
            saved_at: Timestamp::from_millis(wall.saturating_sub(age)),
        })
    }
}

#[cfg(test)]
mod tests {
    use fh_repository::source::Source;

    use super::*;

    #[test]
    fn writes_are_due_after_a_pause_and_at_the_end() {
        let keys = ApiKeys::parse(["e/key*"]).unwrap();
        let clock: WallClock = Arc::new(|| Timestamp::from_millis(1_000_000));
        let mut snapshot_writer =
            SnapshotWriter::new("flags.json".into(), &keys, &ContextHeader::default(), clock);
        let update = |source, kind| RawUpdate { source, environment: None, kind, json: "".into() };
        let confirmed =
            SessionStatus { updated: Some(Millis::new(100)), ..SessionStatus::default() };
        let rules = Arc::new(Rules::default());
        assert_eq!(snapshot_writer.due(), None);
        snapshot_writer.published(&rules);
        snapshot_writer.status(&confirmed);
        snapshot_writer.received(&update(Source::Snapshot, RawKind::List));
        snapshot_writer.received(&update(Source::Streaming, RawKind::Feature));
        assert_eq!(snapshot_writer.due(), None, "most features are the snapshot's");
        snapshot_writer.received(&update(Source::Streaming, RawKind::List));
        assert_eq!(snapshot_writer.due(), Some(Millis::new(0)), "the first at once");
        let write = snapshot_writer.begin(Millis::new(1_100)).unwrap();
        assert_eq!(write.saved_at, Timestamp::from_millis(999_000), "when it was known");
        assert!(snapshot_writer.last(Millis::new(1_200)).is_none(), "nothing is new");
        assert_eq!(snapshot_writer.due(), None, "nothing is confirmed");
        assert!(snapshot_writer.begin(Millis::new(1_200)).is_none(), "the file would be the same");
        snapshot_writer
            .status(&SessionStatus { updated: Some(Millis::new(200)), ..confirmed.clone() });
        assert_eq!(snapshot_writer.due(), Some(Millis::new(601_100)), "confirmed now and then");
        snapshot_writer.published(&rules);
        assert_eq!(snapshot_writer.due(), Some(Millis::new(6_100)), "not more often than that");
        assert!(snapshot_writer.last(Millis::new(1_300)).is_some(), "but at the end");
        snapshot_writer.failed();
        assert_eq!(snapshot_writer.due(), Some(Millis::new(6_300)), "what failed is tried again");
        let live = SessionStatus { connection: Connection::Streaming, ..confirmed };
        snapshot_writer.status(&live);
        let write = snapshot_writer.begin(Millis::new(7_000)).unwrap();
        assert_eq!(write.saved_at, Timestamp::from_millis(1_000_000), "an open stream is news");
    }
}
