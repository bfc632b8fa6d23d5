//! The bounded queue of events, which readers fill and the sender empties.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fh_repository::Exposure;
use tokio::sync::Notify;

use super::InsightCounters;
use super::payload::Event;
use super::shown::ShownVariations;

/// Maximum number of events that wait.
const CAPACITY: usize = 10_000;
/// Maximum size of the events that wait, in bytes.
const BYTES: usize = 64 * 1024 * 1024;
/// Maximum number of events in a request. A request is sent at once when this many events wait.
pub(super) const BATCH: usize = 50;

/// The queue of events. When it is full, the newest event is dropped and counted.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes threads that wait in [`Queue::flush`].
    done: Condvar,
    /// Wakes the sender when a request is due before its time.
    due: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    shown: ShownVariations,
    bytes: usize,
    in_flight: usize,
    flushing: usize,
    end: End,
    counters: InsightCounters,
}

/// The reason why the queue takes no more events.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum End {
    #[default]
    None,
    /// The server has refused the delivery.
    Refused,
    /// The client was closed.
    Closed,
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Sent,
    Dropped,
    /// The server refuses all further requests as well.
    Refused,
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
        match state.end {
            End::Refused => state.counters.refused += 1,
            End::Closed => state.counters.dropped += 1,
            End::None if is_full => state.counters.dropped += 1,
            End::None => {
                let event = make(&mut state.shown);
                state.bytes += event.size();
                state.events.push_back(event);
                if state.events.len() == BATCH {
                    drop(state);
                    self.due.notify_one();
                }
            }
        }
    }

    pub(crate) fn counters(&self) -> InsightCounters {
        let state = self.state();
        let waiting = (state.events.len() + state.in_flight) as u64;
        InsightCounters { waiting, ..state.counters }
    }

    /// Waits until a request is due before its time: because it is full, because a caller flushes, or because the client is closed.
    pub(super) async fn due(&self) {
        while !self.is_due() {
            self.due.notified().await;
        }
    }

    fn is_due(&self) -> bool {
        let state = self.state();
        state.events.len() >= BATCH
            || state.flushing > 0 && !state.events.is_empty()
            || state.end != End::None
    }

    /// Returns true if the queue takes no more events and holds none.
    pub(super) fn is_over(&self) -> bool {
        let state = self.state();
        state.end != End::None && state.events.is_empty()
    }

    /// Takes the oldest events, as many as a request may hold.
    pub(super) fn take(&self) -> Vec<Event> {
        let mut state = self.state();
        let count = state.events.len().min(BATCH);
        let taken: Vec<Event> = state.events.drain(..count).collect();
        state.bytes = state.bytes.saturating_sub(taken.iter().map(Event::size).sum());
        state.in_flight = taken.len();
        taken
    }

    /// Counts the events of the last request.
    pub(super) fn settle(&self, fate: Fate) {
        let mut state = self.state();
        let count = std::mem::take(&mut state.in_flight) as u64;
        match fate {
            Fate::Sent => state.counters.sent += count,
            Fate::Dropped => state.counters.dropped += count,
            Fate::Refused => {
                state.counters.refused += count + state.events.len() as u64;
                state.events.clear();
                state.shown.clear();
                state.bytes = 0;
                state.end = End::Refused;
            }
        }
        self.done.notify_all();
    }

    /// Closes the queue. Events that wait are still sent, and later ones are dropped.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if state.end == End::None {
            state.end = End::Closed;
        }
        drop(state);
        self.due.notify_one();
    }

    /// Drops the events that wait, because nothing sends them any more.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.end = End::Closed;
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
        self.due.notify_one();
        let waited = self.done.wait_timeout_while(state, limit, is_left);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.flushing -= 1;
    }
}
