//! What the driver shows to handles besides the hub: status and features as they came last, held back or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use fh_eval::Timestamp;
use fh_session::{Rules, Status};
use tokio::sync::watch;

/// No snapshot was restored.
const NEVER: i64 = i64::MIN;

pub(crate) struct Board {
    status: watch::Sender<Status>,
    latest: watch::Sender<Arc<Rules>>,
    is_closed: AtomicBool,
    restored: AtomicI64,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            status: watch::Sender::new(Status::default()),
            latest: watch::Sender::new(Arc::new(Rules::default())),
            is_closed: AtomicBool::new(false),
            restored: AtomicI64::new(NEVER),
        }
    }

    pub(crate) fn show(&self, status: Status) {
        self.status.send_replace(status);
    }

    pub(crate) fn watch_status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Features came: those that are served now, or will be once they are released.
    pub(crate) fn publish(&self, rules: Arc<Rules>) {
        self.latest.send_replace(rules);
    }

    /// The features of these environments are no longer there.
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

    /// The client is being closed; says whether it was already.
    pub(crate) fn close(&self) -> bool {
        self.is_closed.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// A snapshot of this age was restored.
    pub(crate) fn restored(&self, saved: Timestamp) {
        self.restored.store(saved.as_millis(), Ordering::Release);
    }

    /// When the restored snapshot was saved.
    pub(crate) fn restored_from(&self) -> Option<Timestamp> {
        match self.restored.load(Ordering::Acquire) {
            NEVER => None,
            millis => Some(Timestamp::from_millis(millis)),
        }
    }
}
