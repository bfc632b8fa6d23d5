//! The calls of listeners and observers that run at present, so that the client can name a listener that blocks.

use std::fmt;
// A model of loom needs no further states for these records, which order nothing.
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A function that is called when a delivery begins.
type OnDelivery = Box<dyn Fn() + Send + Sync>;

/// The listener or the observer that is called.
#[derive(Debug, Clone)]
pub(crate) enum Callee {
    /// The listener of a feature, with the interceptors that are called for its value.
    Changes(Arc<str>),
    NewState,
    Readiness,
    Status,
    Raw,
    Notice,
    Observer,
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changes(feature) => return write!(f, "a listener of the feature {feature}"),
            Self::NewState => "a listener of new states",
            Self::Readiness => "a listener of the readiness",
            Self::Status => "a listener of the status",
            Self::Raw => "a listener of raw updates",
            Self::Notice => "a listener of notices",
            Self::Observer => "an observer",
        })
    }
}

/// The running calls and deliveries of one repository.
#[derive(Default)]
pub(crate) struct RunningCalls {
    calls: Mutex<Vec<(u64, Callee)>>,
    last_number: AtomicU64,
    deliveries: AtomicUsize,
    /// True from the call of `on_delivery` until a check has found no delivery.
    is_watched: AtomicBool,
    on_delivery: OnceLock<OnDelivery>,
    are_all_threads_taken: AtomicBool,
}

impl RunningCalls {
    fn calls(&self) -> MutexGuard<'_, Vec<(u64, Callee)>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call until the result is dropped.
    pub(crate) fn begin(&self, callee: Callee) -> RunningCall<'_> {
        let number = self.last_number.fetch_add(1, Ordering::Relaxed);
        self.calls().push((number, callee));
        RunningCall { calls: self, number }
    }

    /// Records a delivery until the result is dropped. Must not be called with a lock held.
    pub(crate) fn deliver(&self) -> RunningDelivery<'_> {
        // Each of the two sides writes first and then reads what the other one writes, so that a delivery is not missed.
        self.deliveries.fetch_add(1, Ordering::SeqCst);
        self.watch();
        RunningDelivery(&self.deliveries)
    }

    /// Calls the function of [`Self::set_on_delivery`], unless a check will follow anyway.
    pub(crate) fn watch(&self) {
        if let Some(on_delivery) = self.on_delivery.get()
            && !self.is_watched.swap(true, Ordering::SeqCst)
        {
            on_delivery();
        }
    }

    pub(crate) fn set_on_delivery(&self, on_delivery: OnDelivery) {
        let _ = self.on_delivery.set(on_delivery);
        self.watch();
    }

    pub(crate) fn set_all_threads_taken(&self, are_taken: bool) {
        self.are_all_threads_taken.store(are_taken, Ordering::Relaxed);
    }

    pub(crate) fn are_all_threads_taken(&self) -> bool {
        self.are_all_threads_taken.load(Ordering::Relaxed)
    }

    pub(crate) fn current(&self) -> Option<Vec<(u64, String)>> {
        self.is_watched.store(false, Ordering::SeqCst);
        if self.deliveries.load(Ordering::SeqCst) == 0 {
            return None;
        }
        self.is_watched.store(true, Ordering::SeqCst);
        let calls = self.calls();
        Some(calls.iter().map(|(number, callee)| (*number, callee.to_string())).collect())
    }
}

/// Ends the record of a call.
pub(crate) struct RunningCall<'a> {
    calls: &'a RunningCalls,
    number: u64,
}

impl Drop for RunningCall<'_> {
    fn drop(&mut self) {
        self.calls.calls().retain(|(number, _)| *number != self.number);
    }
}

/// Ends the record of a delivery.
pub(crate) struct RunningDelivery<'a>(&'a AtomicUsize);

impl Drop for RunningDelivery<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
