//! The state that the driver and the client's handles share in addition to the repository: the last status, and the last
//! received features. The features include those that catch & release holds back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use fh_eval::Timestamp;
use fh_repository::rules::Rules;
use fh_repository::status::SessionStatus;
use tokio::sync::watch;

/// The value of the field `restored` if no snapshot was restored from a file.
const NEVER: i64 = i64::MIN;

pub(crate) struct Board {
    status: watch::Sender<SessionStatus>,
    latest: watch::Sender<Arc<Rules>>,
    is_closed: AtomicBool,
    restored: AtomicI64,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            status: watch::Sender::new(SessionStatus::default()),
            latest: watch::Sender::new(Arc::new(Rules::default())),
            is_closed: AtomicBool::new(false),
            restored: AtomicI64::new(NEVER),
        }
    }

    pub(crate) fn show(&self, status: SessionStatus) {
        self.status.send_replace(status);
    }

    pub(crate) fn watch_status(&self) -> watch::Receiver<SessionStatus> {
        self.status.subscribe()
    }

    pub(crate) fn status(&self) -> SessionStatus {
        self.status.borrow().clone()
    }

    /// Publishes the last received features to the receivers of `watch_latest`. Reads may still return older values, because
    /// catch & release can hold the features back.
    pub(crate) fn publish(&self, rules: Arc<Rules>) {
        self.latest.send_replace(rules);
    }

    /// Removes the features of these environments from the last received features. Notifies receivers only if the features have
    /// changed.
    pub(crate) fn revoke(&self, environments: &[Arc<str>]) {
        self.latest.send_if_modified(|latest| {
            let left = latest.without_environments(environments);
            let is_other = left.is_some();
            left.into_iter().for_each(|left| *latest = Arc::new(left));
            is_other
        });
    }

    pub(crate) fn watch_latest(&self) -> watch::Receiver<Arc<Rules>> {
        self.latest.subscribe()
    }

    /// Marks the client as closed. Returns true if the client was closed already.
    pub(crate) fn close(&self) -> bool {
        self.is_closed.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Records the time at which the restored snapshot was saved.
    pub(crate) fn restored(&self, saved: Timestamp) {
        self.restored.store(saved.as_millis(), Ordering::Release);
    }

    /// Returns the time at which the restored snapshot was saved, or `None` if no snapshot was restored.
    pub(crate) fn restored_from(&self) -> Option<Timestamp> {
        match self.restored.load(Ordering::Acquire) {
            NEVER => None,
            millis => Some(Timestamp::from_millis(millis)),
        }
    }
}
