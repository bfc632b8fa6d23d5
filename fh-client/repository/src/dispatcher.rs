//! The state that the dispatcher shares with the code that gives it work.

use std::sync::{Arc, OnceLock};

use fh_eval::Timestamp;

use crate::counters::Tally;
use crate::running_calls::RunningCalls;
use crate::sync::{AtomicBool, AtomicU64, Ordering};

/// A function that returns the current time of the embedding program.
pub(crate) type ClockFn = dyn Fn() -> Timestamp + Send + Sync;
/// A function that the repository calls to wake the code that waits for it: the dispatcher for queued events, or the driver for a read that
/// passive polling reports.
pub(crate) type Waker = Box<dyn Fn() + Send + Sync>;

/// The function that wakes the dispatcher, the repository's clock, and the numbers of calls and of incidents.
pub(crate) struct DispatcherState {
    clock: Arc<ClockFn>,
    on_work: OnceLock<Waker>,
    /// True if `on_work` was called and no delivery has begun since then.
    awake: AtomicBool,
    /// Number of calls of listeners and observers that have begun.
    calls: AtomicU64,
    pub(crate) running: RunningCalls,
    pub(crate) tally: Tally,
}

impl DispatcherState {
    pub(crate) fn new(clock: Arc<ClockFn>) -> Self {
        Self {
            clock,
            on_work: OnceLock::new(),
            awake: AtomicBool::new(false),
            calls: AtomicU64::new(0),
            running: RunningCalls::default(),
            tally: Tally::new(),
        }
    }

    pub(crate) fn clock(&self) -> &ClockFn {
        &*self.clock
    }

    /// Records that a listener or an observer is about to be called, so that a call that hangs can be detected.
    pub(crate) fn begin_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Wakes the dispatcher, unless it was woken and no delivery has begun since then. Must not be called with a lock held.
    pub(crate) fn wake(&self) {
        if let Some(on_work) = self.on_work.get()
            && !self.awake.swap(true, Ordering::AcqRel)
        {
            on_work();
        }
    }

    /// Wakes the dispatcher for an event in a queue that a lock guards. Many reader threads call this function, so it loads the flag
    /// `awake` first, and writes the flag only if the flag is not set.
    ///
    /// Loading first would be wrong for work that a flag such as `changed` announces, but is correct for a queue. Either the dispatcher
    /// finds the event in the queue, or it locked the queue before the event was added. In the second case this thread sees that the
    /// delivery has begun, and wakes the dispatcher again.
    pub(crate) fn wake_for_queue(&self) {
        if !self.awake.load(Ordering::Acquire) {
            self.wake();
        }
    }

    pub(crate) fn set_on_work(&self, waker: Waker) {
        let _ = self.on_work.set(waker);
        // Earlier work could not wake the dispatcher, because no function was set.
        self.wake();
    }

    /// Records that a delivery begins. Work that arrives from now on has to wake the dispatcher again.
    pub(crate) fn begin_delivery(&self) {
        self.awake.swap(false, Ordering::AcqRel);
    }
}
