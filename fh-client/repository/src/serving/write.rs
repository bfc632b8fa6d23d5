//! The state of writers that is no part of the snapshot, and the tasks that wait for the next update.

use std::sync::Arc;
use std::task::Waker;

use crate::rules::Rules;

/// The state of writers that is no part of the snapshot.
#[derive(Default)]
pub(crate) struct Write {
    /// The last update, whether served or held, without the features of revoked environments; `None` before the first update.
    pub(super) latest: Option<Arc<Rules>>,
    /// True if the last update differs visibly from the served features.
    pub(super) is_holding: bool,
    /// True if the client was reported as ready and has not been reported as not ready since.
    pub(super) was_ready: bool,
    /// True once the repository is closed. No update is published any more.
    pub(super) is_closed: bool,
    /// True once the closed repository has removed its listeners. Interceptors and observers that are registered later are closed at once.
    pub(super) is_finished: bool,
    pub(super) waiting_tasks: WaitingTasks,
}

/// The tasks that wait for the next update. The lock of the writers' state guards them, so that no update is missed.
#[derive(Default)]
pub(super) struct WaitingTasks {
    pub(super) updates: u64,
    pub(super) wakers: Vec<(u64, Waker)>,
}

/// The tasks that waited for an update that has now happened. The tasks must be woken while no lock is held.
#[must_use = "wake the tasks"]
pub(super) struct Woken(Vec<(u64, Waker)>);

impl WaitingTasks {
    /// Counts an update, and returns the tasks that wait for an update.
    pub(super) fn updated(&mut self) -> Woken {
        self.updates += 1;
        Woken(std::mem::take(&mut self.wakers))
    }
}

impl Drop for WaitingTasks {
    /// Wakes all tasks when the repository is dropped, because no further update would wake them.
    fn drop(&mut self) {
        self.updated().wake();
    }
}

impl Woken {
    pub(super) fn wake(self) {
        self.0.into_iter().for_each(|(_, waker)| waker.wake());
    }
}
