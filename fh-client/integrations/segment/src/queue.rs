//! A bounded queue of waiting messages, which the exporter, its sending thread and callers of `flush` share.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::counters::Counters;
use crate::message::MAX_BATCH;

pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes waiting threads when a message was added, when a batch was sent or lost, when a caller flushes, and when the queue is closed.
    news: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    messages: VecDeque<String>,
    /// The size of the waiting messages in bytes, each with the comma that separates it from the next one.
    bytes: usize,
    /// The number of messages that the sender has taken from the queue and that are neither sent nor lost yet.
    in_flight: usize,
    flushing: usize,
    is_closed: bool,
    counters: Counters,
}

impl State {
    fn push(&mut self, message: String) {
        self.bytes += size(&message);
        self.messages.push_back(message);
    }

    fn pop(&mut self) -> Option<String> {
        let message = self.messages.pop_front()?;
        self.bytes -= size(&message);
        Some(message)
    }
}

/// Returns the number of bytes that a message takes in a request.
const fn size(message: &str) -> usize {
    message.len() + 1
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
            state.pop();
            state.counters.lost += 1;
        }
        state.push(message);
        self.news.notify_all();
    }

    pub(crate) fn lose(&self, messages: u64) {
        self.state().counters.lost += messages;
    }

    pub(crate) fn counters(&self) -> Counters {
        self.state().counters
    }

    /// Closes the queue. Messages that are added later are lost. Waiting messages are still sent, without retries.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.news.notify_all();
    }

    /// Returns true once the queue is closed. A batch whose request fails after that is not retried.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Blocks this thread until all messages are sent or lost, at most for the time `limit`. Returns true if no message is
    /// left.
    pub(crate) fn flush(&self, limit: Duration) -> bool {
        let is_done = |state: &State| state.messages.is_empty() && state.in_flight == 0;
        let mut state = self.state();
        state.flushing += 1;
        self.news.notify_all();
        let waited = self.news.wait_timeout_while(state, limit, |state| !is_done(state));
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.flushing -= 1;
        is_done(&state)
    }

    /// Waits for a message, and then until `batch` messages or [`MAX_BATCH`] bytes are waiting, until `interval` has passed, or
    /// until a caller flushes. Returns the oldest messages, at most `batch` messages and [`MAX_BATCH`] bytes. A closed queue
    /// returns its messages at once, and `None` once no messages are left.
    pub(crate) fn take(&self, batch: usize, interval: Duration) -> Option<Vec<String>> {
        let must_wait = |state: &mut State| state.messages.is_empty() && !state.is_closed;
        let waited = self.news.wait_while(self.state(), must_wait);
        let state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.messages.is_empty() {
            return None;
        }
        let waited = self.news.wait_timeout_while(state, interval, |state| {
            let is_full = state.messages.len() >= batch || state.bytes >= MAX_BATCH;
            !is_full && state.flushing == 0 && !state.is_closed
        });
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        let mut taken = Vec::new();
        while taken.len() < batch
            && let Some(next) = state.messages.front()
        {
            bytes += size(next);
            if bytes > MAX_BATCH && !taken.is_empty() {
                break;
            }
            taken.extend(state.pop());
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
        drop(self.news.wait_timeout_while(self.state(), delay, |state| !state.is_closed));
    }
}

/// The final outcome of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Sent,
    Lost,
}
