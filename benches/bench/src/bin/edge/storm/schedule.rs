//! Events in the order of their times.

use std::collections::{BTreeMap, VecDeque};

/// Events of a simulation. Times are milliseconds since its begin.
pub struct Schedule<E> {
    times: BTreeMap<u64, VecDeque<E>>,
    pub now: u64,
}

impl<E> Schedule<E> {
    pub fn new() -> Self {
        Self { times: BTreeMap::new(), now: 0 }
    }

    /// Adds an event. An event in the past happens now.
    pub fn add(&mut self, at: u64, event: E) {
        self.times.entry(at.max(self.now)).or_default().push_back(event);
    }

    /// Removes the next event that is due before this time, and sets the time to it. Otherwise sets the time to the end.
    pub fn next(&mut self, end: u64) -> Option<E> {
        let Some(mut first) = self.times.first_entry().filter(|first| *first.key() < end) else {
            self.now = self.now.max(end);
            return None;
        };
        self.now = *first.key();
        let event = first.get_mut().pop_front();
        if first.get().is_empty() {
            first.remove();
        }
        event
    }
}
