//! The place of one row of generations: readers find the current one, streams learn of the next, and one writer at a time makes it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fh_eval::Timestamp;
use tokio::sync::watch;

use super::clockwork::Bell;
use super::published::Published;

/// The current generation of one place.
pub(crate) type Current = watch::Receiver<Arc<Published>>;

/// Where the generations of an environment are, or those that one upstream key of a relay opens.
#[derive(Debug)]
pub(crate) struct Slot {
    current: watch::Sender<Arc<Published>>,
    /// Held while the next generation is made of the current one, which takes a while and does not keep readers waiting.
    writing: Mutex<()>,
    bell: Bell,
    /// For those who look at everything.
    told: watch::Sender<u64>,
}

impl Slot {
    pub(super) fn new(first: Published, bell: Bell, told: watch::Sender<u64>) -> Self {
        let slot = Self {
            current: watch::Sender::new(Arc::new(first)),
            writing: Mutex::default(),
            bell,
            told,
        };
        slot.tell();
        slot
    }

    /// The current generation.
    pub(crate) fn current(&self) -> Arc<Published> {
        Arc::clone(&self.current.borrow())
    }

    /// The current generation, and the next ones as they come.
    pub(crate) fn watch(&self) -> Current {
        self.current.subscribe()
    }

    /// Does anybody watch?
    pub(crate) fn is_watched(&self) -> bool {
        self.current.receiver_count() > 0
    }

    /// Makes the next generation of the current one and puts it up, unless there is none to make. Nobody else does so meanwhile.
    pub(crate) fn update(&self, next: impl FnOnce(&Published) -> Option<Published>) {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(next) = next(&self.current()) else { return };
        self.current.send_replace(Arc::new(next));
        drop(writing);
        self.tell();
    }

    /// Makes all streams say `bye` within this time.
    pub(crate) fn close(&self, within: Duration) {
        self.update(|current| {
            let mut last = current.next();
            last.closing = Some(within);
            Some(last)
        });
    }

    fn tell(&self) {
        // It may turn earlier than all others.
        if !self.current.borrow().moments.is_empty() {
            self.bell.ring();
        }
        self.told.send_modify(|_| {});
    }

    /// Puts up what time alone changes.
    pub(super) fn pass_moments(&self, now: Timestamp) {
        let is_due =
            |published: &Published| published.moments.last(now.as_millis()) != published.moment;
        if is_due(&self.current()) {
            self.update(|current| is_due(current).then(|| current.next().at(now)));
        }
    }
}
