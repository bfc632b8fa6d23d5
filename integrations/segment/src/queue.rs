//! A bounded queue of waiting messages, which the exporter, its sending thread and callers of `flush` share.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::exporter::Counters;
use crate::message::MAX_BATCH;

pub(crate) struct Queue {
    state: Mutex<State>,
    /// Notifies waiting threads when the state has changed.
    news: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    messages: VecDeque<String>,
    /// The number of messages that the sender has taken from the queue and that are neither sent nor lost yet.
    in_flight: usize,
    flushing: usize,
    is_closed: bool,
    counters: Counters,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), news: Condvar::new(), capacity }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, message: String) {
        let mut state = self.state();
        if state.is_closed {
            state.counters.lost += 1;
            return;
        }
        if state.messages.len() >= self.capacity {
            state.messages.pop_front();
            state.counters.lost += 1;
        }
        state.messages.push_back(message);
        self.news.notify_all();
    }

    pub(crate) fn lose(&self, messages: u64) {
        self.state().counters.lost += messages;
    }

    pub(crate) fn counters(&self) -> Counters {
        self.state().counters
    }

    /// Closes the queue. Messages that are added later are lost, and waiting messages are still sent.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.news.notify_all();
    }

    /// Returns true once the queue is closed. A batch that fails after that is not retried.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Blocks this thread until all messages are sent or lost, at most for the time `limit`. Returns true if no message is
    /// left.
    pub(crate) fn flush(&self, limit: Duration) -> bool {
        let end = Instant::now().checked_add(limit);
        let mut state = self.state();
        state.flushing += 1;
        self.news.notify_all();
        let mut is_done = state.messages.is_empty() && state.in_flight == 0;
        while !is_done {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            state = match left {
                Some(left) => {
                    self.news.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.news.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            is_done = state.messages.is_empty() && state.in_flight == 0;
        }
        state.flushing -= 1;
        is_done
    }

    /// Waits for a message, and returns the next batch once it is full, once `interval` has passed, or once a caller flushes. A
    /// batch is full at `batch` messages or [`MAX_BATCH`] bytes. A closed queue returns its messages at once, and `None` once no
    /// messages are left.
    pub(crate) fn take(&self, batch: usize, interval: Duration) -> Option<Vec<String>> {
        let mut state = self.state();
        while state.messages.is_empty() {
            if state.is_closed {
                return None;
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let end = Instant::now().checked_add(interval);
        while state.messages.len() < batch && state.flushing == 0 && !state.is_closed {
            let left = end.map_or(interval, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            state = self.news.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let mut size = 0;
        let mut taken = Vec::new();
        while taken.len() < batch
            && let Some(message) = state.messages.pop_front()
        {
            size += message.len() + 1;
            if size > MAX_BATCH && !taken.is_empty() {
                state.messages.push_front(message);
                break;
            }
            taken.push(message);
        }
        state.in_flight = taken.len();
        Some(taken)
    }

    /// Adds one failed request to the counters.
    pub(crate) fn failed(&self) {
        self.state().counters.failures += 1;
    }

    /// Counts the messages of the last batch as sent or as lost, and wakes the callers of [`Self::flush`].
    pub(crate) fn done(&self, fate: Fate) {
        let mut state = self.state();
        let messages = std::mem::take(&mut state.in_flight) as u64;
        match fate {
            Fate::Sent => state.counters.sent += messages,
            Fate::Lost => state.counters.lost += messages,
        }
        self.news.notify_all();
    }

    /// Blocks this thread for the delay before a retry. Closing the queue ends the wait early.
    pub(crate) fn rest(&self, delay: Duration) {
        let end = Instant::now().checked_add(delay);
        let mut state = self.state();
        while !state.is_closed {
            let left = end.map_or(delay, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return;
            }
            state = self.news.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The final outcome of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Sent,
    Lost,
}
