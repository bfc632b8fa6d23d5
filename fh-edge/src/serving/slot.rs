//! The place of one row of generations: readers find the current one, streams learn of the next, and one writer at a time makes it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use fh_eval::Timestamp;
use tokio::sync::watch;

use super::clockwork::Bell;
use super::published::Published;

/// Wakes whoever waits for the next generation of one place.
pub(crate) type Changes = watch::Receiver<()>;

/// Where the generations of an environment are, or those that one upstream key of a relay opens.
#[derive(Debug)]
pub(crate) struct Slot {
    current: ArcSwap<Published>,
    /// Held while the next generation is made of the current one, which takes a while and does not keep readers waiting.
    writing: Mutex<()>,
    changes: watch::Sender<()>,
    /// Is there a generation of which those who watch have not heard?
    is_news: AtomicBool,
    bell: Bell,
    /// For those who look at everything.
    told: watch::Sender<u64>,
}

/// Those who watch a place have to be woken. They are when this is dropped, wherever that happens, so none of it is lost; if
/// somebody else has done so meanwhile, nothing is left to do.
#[must_use = "dropping it wakes all who watch"]
pub(crate) struct News(Arc<Slot>);

impl Drop for News {
    fn drop(&mut self) {
        self.0.wake();
    }
}

impl fmt::Debug for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("News").field(&self.0.current().id).finish()
    }
}

impl Slot {
    pub(super) fn new(first: Published, bell: Bell, told: watch::Sender<u64>) -> Self {
        let slot = Self {
            current: ArcSwap::from_pointee(first),
            writing: Mutex::default(),
            changes: watch::Sender::default(),
            is_news: AtomicBool::new(true),
            bell,
            told,
        };
        slot.ring();
        slot.wake();
        slot
    }

    /// The current generation.
    pub(crate) fn current(&self) -> Arc<Published> {
        self.current.load_full()
    }

    /// Wakes for every generation that is put up from now on. Whoever asks for the current one after calling this misses none.
    pub(crate) fn watch(&self) -> Changes {
        self.changes.subscribe()
    }

    /// Does anybody watch?
    pub(crate) fn is_watched(&self) -> bool {
        self.changes.receiver_count() > 0
    }

    /// Makes the next generation of the current one and puts it up, unless there is none to make. Nobody else does so meanwhile.
    pub(crate) fn update(&self, next: impl FnOnce(&Published) -> Option<Published>) {
        self.put_up(next);
        self.wake();
    }

    /// The same, but only for those who look. Those who watch have to be woken.
    pub(crate) fn publish(
        self: &Arc<Self>,
        next: impl FnOnce(&Published) -> Option<Published>,
    ) -> News {
        self.put_up(next);
        News(Arc::clone(self))
    }

    fn put_up(&self, next: impl FnOnce(&Published) -> Option<Published>) {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(next) = next(&self.current()) else { return };
        self.current.store(Arc::new(next));
        self.is_news.store(true, Ordering::Release);
        drop(writing);
        self.ring();
    }

    /// Wakes all who watch, if they have not heard of the current generation.
    fn wake(&self) {
        if self.is_news.swap(false, Ordering::AcqRel) {
            self.changes.send_replace(());
            self.told.send_modify(|_| {});
        }
    }

    /// Makes all streams say `bye` within this time.
    pub(crate) fn close(&self, within: Duration) {
        self.update(|current| {
            let mut last = current.next();
            last.closing = Some(within);
            Some(last)
        });
    }

    fn ring(&self) {
        // It may turn earlier than all others.
        if !self.current.load().moments.is_empty() {
            self.bell.ring();
        }
    }

    /// Puts up what time alone changes.
    pub(super) fn pass_moments(&self, now: Timestamp) {
        let is_due = |published: &Published| published.moments.moment(now) != published.moment;
        if is_due(&self.current()) {
            self.update(|current| is_due(current).then(|| current.next().at(now)));
        }
    }
}
