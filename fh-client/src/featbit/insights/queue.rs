//! The bounded queue of events, which readers fill and the sender empties.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fh_repository::Exposure;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::counters::InsightCounters;
use super::payload::{Event, MAX_BODY};
use super::shown::ShownVariations;

/// Maximum number of events that wait.
const CAPACITY: usize = 10_000;
/// Maximum size of the events that wait, in bytes.
const BYTES: usize = 64 * 1024 * 1024;
/// The number of waiting events with which a request is sent at once.
const BATCH: usize = 50;
/// The time that an event waits for further ones.
const INTERVAL: Duration = Duration::from_secs(5);

/// The queue of events. When it is full, the newest event is dropped and counted.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes threads that wait in [`Queue::flush`].
    done: Condvar,
    /// Wakes the sender when a request may be due, and when the queue is closed.
    due: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    shown: ShownVariations,
    bytes: usize,
    in_flight: usize,
    flushing: usize,
    /// True once the client was closed. The queue then takes no more events.
    is_closed: bool,
    counters: InsightCounters,
}

/// The place of a request among those that run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// The request that is always sent.
    First,
    /// A request that is sent only while the events of a full request wait.
    Further,
}

/// The numbers of events that were taken from the queue, by their outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fates {
    pub(super) sent: usize,
    pub(super) dropped: usize,
    pub(super) refused: usize,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, event: Event) {
        self.push_with(|_| event);
    }

    /// Queues the event of a read.
    pub(super) fn push_exposure(&self, exposure: &Exposure<'_>) {
        self.push_with(|shown| Event::Evaluation {
            shown: shown.of(exposure),
            send_to_experiment: exposure.send_to_experiment,
            user: Arc::clone(exposure.attributes),
            at: exposure.at,
        });
    }

    /// Queues the event that `make` returns, or drops and counts it.
    fn push_with(&self, make: impl FnOnce(&mut ShownVariations) -> Event) {
        let mut state = self.state();
        let is_full = state.events.len() + state.in_flight >= CAPACITY || state.bytes >= BYTES;
        if is_full || state.is_closed {
            state.counters.dropped += 1;
            return;
        }
        let event = make(&mut state.shown);
        let before = state.bytes;
        state.bytes += event.size();
        state.events.push_back(event);
        let fills_a_request = before < MAX_BODY && state.bytes >= MAX_BODY;
        if state.events.len() == BATCH || fills_a_request {
            drop(state);
            self.due.notify_waiters();
        }
    }

    pub(crate) fn counters(&self) -> InsightCounters {
        let state = self.state();
        let waiting = (state.events.len() + state.in_flight) as u64;
        InsightCounters { waiting, ..state.counters }
    }

    /// Waits until a request is due: because enough events wait, because the oldest has waited long enough, because a caller flushes, or
    /// because the client is closed.
    pub(super) async fn due(&self, lane: Lane) {
        let is_due = |state: &State| match lane {
            _ if state.is_closed => true,
            Lane::First => {
                state.events.len() >= BATCH || state.flushing > 0 && !state.events.is_empty()
            }
            Lane::Further => state.bytes >= MAX_BODY,
        };
        match lane {
            Lane::First => {
                let _ = timeout(INTERVAL, self.until(is_due)).await;
            }
            Lane::Further => self.until(is_due).await,
        }
    }

    /// Waits until the client is closed.
    pub(super) async fn closed(&self) {
        self.until(|state| state.is_closed).await;
    }

    async fn until(&self, is_met: impl Fn(&State) -> bool) {
        loop {
            let mut changed = pin!(self.due.notified());
            changed.as_mut().enable();
            if is_met(&self.state()) {
                return;
            }
            changed.await;
        }
    }

    /// Returns true if the queue takes no more events and holds none.
    pub(super) fn is_over(&self) -> bool {
        let state = self.state();
        state.is_closed && state.events.is_empty()
    }

    /// Takes the oldest events, about as many as a request may hold, and at least one.
    pub(super) fn take(&self) -> Vec<Event> {
        let mut state = self.state();
        let mut bytes = 0;
        let sizes = state.events.iter().map(Event::size);
        let fitting = sizes.take_while(|size| {
            bytes += size;
            bytes <= MAX_BODY
        });
        let count = fitting.count().max(1).min(state.events.len());
        let taken: Vec<Event> = state.events.drain(..count).collect();
        state.bytes = state.bytes.saturating_sub(taken.iter().map(Event::size).sum());
        state.in_flight += taken.len();
        taken
    }

    /// Counts `count` events that were taken.
    pub(super) fn settle(&self, count: usize, fates: Fates) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(count);
        state.counters.sent += fates.sent as u64;
        state.counters.dropped += fates.dropped as u64;
        state.counters.refused += fates.refused as u64;
        self.done.notify_all();
    }

    /// Closes the queue. Events that wait are still sent, and later ones are dropped.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.due.notify_waiters();
    }

    /// Drops the events that wait, because nothing sends them any more.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.counters.dropped += (state.events.len() + state.in_flight) as u64;
        (state.in_flight, state.bytes) = (0, 0);
        state.events.clear();
        state.shown.clear();
        self.done.notify_all();
    }

    /// Blocks this thread until no event is left, at most for the time `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let is_left = |state: &mut State| !state.events.is_empty() || state.in_flight > 0;
        let mut state = self.state();
        state.flushing += 1;
        self.due.notify_waiters();
        let waited = self.done.wait_timeout_while(state, limit, is_left);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.flushing -= 1;
    }
}
