//! What went wrong in code that is not ours, and what was dropped.

use crate::sync::{AtomicU64, Ordering};

/// Counts since the hub was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Listeners that panicked.
    pub listener_panics: u64,
    /// Interceptors that panicked.
    pub interceptor_panics: u64,
    /// Overrides that did not fit their feature.
    pub refused_overrides: u64,
    /// Observers that panicked.
    pub observer_panics: u64,
    /// Readiness, status, new-state, raw and notice events that were dropped because their queue was full.
    pub dropped_events: u64,
    /// Usage events that were dropped because an observer's queue was full.
    pub dropped_usage: u64,
}

/// One of the counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counter {
    ListenerPanics,
    InterceptorPanics,
    RefusedOverrides,
    ObserverPanics,
    DroppedEvents,
    DroppedUsage,
}

/// The counts as they grow.
pub(crate) struct Tally([AtomicU64; 6]);

impl Tally {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    pub(crate) fn add(&self, counter: Counter, count: u64) {
        if count > 0
            && let Some(cell) = self.0.get(counter as usize)
        {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Counters {
        let get = |counter: Counter| {
            self.0.get(counter as usize).map_or(0, |cell| cell.load(Ordering::Relaxed))
        };
        Counters {
            listener_panics: get(Counter::ListenerPanics),
            interceptor_panics: get(Counter::InterceptorPanics),
            refused_overrides: get(Counter::RefusedOverrides),
            observer_panics: get(Counter::ObserverPanics),
            dropped_events: get(Counter::DroppedEvents),
            dropped_usage: get(Counter::DroppedUsage),
        }
    }
}
