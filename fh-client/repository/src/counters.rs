//! Numbers of panics and failures in user code, of refused overrides and of dropped events.

use crate::sync::{AtomicU64, Ordering};

/// Numbers of incidents since the repository was created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Number of panics of listeners, and of calls in which a listener reported a failure
    /// ([`report_listener_failure`](crate::report_listener_failure)).
    pub listener_panics: u64,
    /// Number of panics of interceptors, and of reads for which an interceptor returned [`Failed`](crate::Failed).
    pub interceptor_panics: u64,
    /// Number of overrides that were refused because their value cannot be converted to the feature's type.
    pub refused_overrides: u64,
    /// Number of panics of observers, and of calls for which an observer returned [`Failed`](crate::Failed).
    pub observer_panics: u64,
    /// Number of readiness, status, new-state, raw and notice events that were dropped because a queue was full.
    pub dropped_events: u64,
    /// Number of usage events that were dropped because the queue of an observer was full.
    pub dropped_usage: u64,
}

/// The kinds of incidents that a repository counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counter {
    ListenerPanics,
    InterceptorPanics,
    RefusedOverrides,
    ObserverPanics,
    DroppedEvents,
    DroppedUsage,
}

/// The numbers of all incidents, which readers and writers update concurrently.
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
