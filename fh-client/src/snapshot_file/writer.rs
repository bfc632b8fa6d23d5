//! The schedule and the content of snapshot writes.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Timestamp;
use fh_session::{
    ApiKeys, Connection, ContextHeader, KeyKind, Millis, Rules, SessionStatus, Source,
};

use super::SnapshotFile;
use super::file::{self, Owner, Saved};
use super::replace::replace;

/// Minimum time between two writes, unless the client is flushed or closed.
const PAUSE: Duration = Duration::from_secs(5);
/// Time after which the file is written again without new features, because it says when its features were last known to be
/// current.
const CONFIRM: Duration = Duration::from_secs(600);

/// A clock that returns the time of day.
pub(crate) type WallClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The snapshot file of one client.
pub(crate) struct SnapshotWriter {
    file: SnapshotFile,
    owner: Owner,
    clock: WallClock,
    rules: Option<Arc<Rules>>,
    /// True once the Edge itself has sent features. A restored file is not written again as if it were new.
    is_from_edge: bool,
    is_live: bool,
    confirmed: Option<Millis>,
    /// True if the file does not hold the latest features.
    is_new: bool,
    written: Option<Millis>,
}

/// The content of the file at the start.
pub(crate) enum Found {
    Nothing,
    Unusable(String),
    Saved(Saved),
}

/// A write to be run on a thread that may block.
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
            is_from_edge: false,
            is_live: false,
            confirmed: None,
            is_new: false,
            written: None,
        }
    }

    /// Reads the file on a thread that may block.
    pub(crate) async fn load(&self) -> Found {
        let (path, owner) = (self.file.path.clone(), self.owner.clone());
        let loaded = tokio::task::spawn_blocking(move || match file::load(&path) {
            Ok(None) => Found::Nothing,
            Ok(Some(text)) => match file::read(&text, &owner) {
                Ok(saved) => Found::Saved(saved),
                Err(why) => Found::Unusable(why),
            },
            Err(error) => Found::Unusable(error.to_string()),
        });
        match loaded.await {
            Ok(Found::Saved(saved)) if self.is_too_old(saved.at) => {
                Found::Unusable("it is too old".to_string())
            }
            Ok(found) => found,
            Err(_) => Found::Nothing,
        }
    }

    fn is_too_old(&self, saved: Timestamp) -> bool {
        let age = (self.clock)().as_millis().saturating_sub(saved.as_millis());
        self.file
            .max_age
            .is_some_and(|limit| i64::try_from(limit.as_millis()).is_ok_and(|limit| age > limit))
    }

    /// Records the published features, to be written later.
    pub(crate) fn published(&mut self, rules: &Arc<Rules>) {
        self.rules = Some(Arc::clone(rules));
        self.is_new = true;
    }

    /// Records the status, which says whether the features are from the Edge and when they were last confirmed.
    pub(crate) fn status(&mut self, status: &SessionStatus) {
        self.is_from_edge |= status.source.as_ref().is_some_and(Source::is_edge);
        self.is_live = status.connection == Connection::Streaming;
        self.confirmed = status.updated;
    }

    /// Uses these API keys from now on.
    pub(crate) fn keys(&mut self, keys: &ApiKeys) {
        self.owner.kind = keys.kind();
        self.owner.keys = keys.fingerprint();
        // The present features were fetched with the former keys.
        self.rules = None;
        self.is_from_edge = false;
    }

    const fn can_be_saved(&self) -> bool {
        self.is_from_edge && self.rules.is_some()
    }

    /// Returns when to write next.
    pub(crate) fn due(&self) -> Option<Millis> {
        if !self.can_be_saved() {
            return None;
        }
        let pause = if self.is_new { PAUSE } else { CONFIRM };
        Some(self.written.map_or_else(Millis::default, |written| written.after(pause)))
    }

    /// Marks the write as failed. It is retried after the usual pause.
    pub(crate) const fn failed(&mut self) {
        self.is_new = true;
    }

    /// Returns true if there are features that no write has taken yet.
    pub(crate) const fn has_news(&self) -> bool {
        self.is_new && self.can_be_saved()
    }

    /// Returns the last write, unless the file holds the latest features already.
    pub(crate) fn last(&mut self, now: Millis) -> Option<DueWrite> {
        if self.is_new { self.begin(now) } else { None }
    }

    /// Returns a write, if there is anything to write.
    pub(crate) fn begin(&mut self, now: Millis) -> Option<DueWrite> {
        if !self.can_be_saved() {
            return None;
        }
        let rules = self.rules.clone()?;
        let confirmed = if self.is_live { Some(now) } else { self.confirmed };
        let age = confirmed.map_or(Duration::ZERO, |confirmed| now.since(confirmed));
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let wall = (self.clock)().as_millis();
        self.is_new = false;
        self.written = Some(now);
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
    use super::*;

    #[test]
    fn writes_are_due_after_a_pause_and_at_the_end() {
        let keys = ApiKeys::parse(["e/key*"]).unwrap();
        let clock: WallClock = Arc::new(|| Timestamp::from_millis(1_000_000));
        let mut snapshot_writer =
            SnapshotWriter::new("flags.json".into(), &keys, &ContextHeader::default(), clock);
        let received = |at: u64| SessionStatus {
            source: Some(Source::Streaming),
            updated: Some(Millis::new(at)),
            ..SessionStatus::default()
        };
        let rules = Arc::new(Rules::default());
        assert_eq!(snapshot_writer.due(), None);
        snapshot_writer.published(&rules);
        assert_eq!(snapshot_writer.due(), None, "it may be a store's");
        snapshot_writer.status(&received(100));
        assert_eq!(snapshot_writer.due(), Some(Millis::new(0)), "the first at once");
        let write = snapshot_writer.begin(Millis::new(1_100)).unwrap();
        assert_eq!(write.saved_at, Timestamp::from_millis(999_000), "when it was known");
        assert!(snapshot_writer.last(Millis::new(1_200)).is_none(), "nothing is new");
        assert_eq!(snapshot_writer.due(), Some(Millis::new(601_100)), "confirmed now and then");
        snapshot_writer.published(&rules);
        assert_eq!(snapshot_writer.due(), Some(Millis::new(6_100)), "not more often than that");
        assert!(snapshot_writer.last(Millis::new(1_300)).is_some(), "but at the end");
        snapshot_writer.failed();
        assert_eq!(snapshot_writer.due(), Some(Millis::new(6_300)), "what failed is tried again");
        let live = SessionStatus { connection: Connection::Streaming, ..received(100) };
        snapshot_writer.status(&live);
        let write = snapshot_writer.begin(Millis::new(7_000)).unwrap();
        assert_eq!(write.saved_at, Timestamp::from_millis(1_000_000), "an open stream is news");
    }
}
