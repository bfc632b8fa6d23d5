//! A cell that holds the current generation of an environment. Readers load the generation, one writer at a time replaces it, and the
//! streams are woken after a replacement.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;
use fh_eval::Timestamp;
use tokio::sync::watch;

use super::published::Published;
use super::time_state::TimeState;

/// A receiver that is woken after new generations of one cell were published. Several generations may wake it only once.
pub(crate) type Changes = watch::Receiver<()>;

/// A cell with the current generation of an environment. A relay has one cell for each upstream connection.
#[derive(Debug)]
pub(crate) struct PublishedCell {
    current: ArcSwap<Published>,
    /// A lock that a writer holds while it makes the next generation from the current one. Making a generation may take long, but readers
    /// do not wait for the lock.
    writing: Mutex<()>,
    changes: watch::Sender<()>,
    /// True if a generation was published for which the streams have not been woken yet.
    is_news: AtomicBool,
    scheduler: SchedulerHandle,
    /// The sender of the state's revision, which all cells share. Waking the streams of a cell also notifies the receivers of the revision.
    revision: watch::Sender<u64>,
}

/// A handle that wakes the scheduler's thread, so that the thread computes its next wake-up anew.
#[derive(Debug, Clone)]
pub(super) struct SchedulerHandle(pub(super) SyncSender<()>);

impl SchedulerHandle {
    fn ring(&self) {
        // If the channel is full, another wake-up is pending already. If the channel is closed, no thread reads it any more.
        let _ = self.0.try_send(());
    }
}

/// A pending wake-up of the streams of one cell. Dropping the value wakes the streams, so that no code path can forget to wake them. If the
/// streams were already woken for the current generation, dropping the value does nothing.
#[must_use = "dropping this value at once wakes the streams before the caller is answered"]
pub(crate) struct WakeOnDrop(Arc<PublishedCell>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        self.0.wake();
    }
}

impl fmt::Debug for WakeOnDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WakeOnDrop").field(&self.0.current().id).finish()
    }
}

/// Starts a thread that drops each value that the returned sender sends, which wakes the streams of a cell. With many streams, waking takes
/// long, and neither the caller of a change nor the next change must wait for it. The thread ends after the sender was dropped.
///
/// # Errors
/// Returns the error of the operating system if it refuses to start a thread.
pub(crate) fn start_waking() -> io::Result<Sender<WakeOnDrop>> {
    let (sender, wakes) = channel();
    // If several generations of a cell are published during a wake-up, its streams may be woken only once more.
    let run = move || wakes.into_iter().for_each(drop);
    thread::Builder::new().name("fh-edge-notify".into()).spawn(run)?;
    Ok(sender)
}

impl PublishedCell {
    pub(super) fn new(
        first: Published,
        scheduler: SchedulerHandle,
        revision: watch::Sender<u64>,
    ) -> Self {
        let cell = Self {
            current: ArcSwap::from_pointee(first),
            writing: Mutex::default(),
            changes: watch::Sender::default(),
            is_news: AtomicBool::new(true),
            scheduler,
            revision,
        };
        cell.ring();
        cell.wake();
        cell
    }

    pub(crate) fn current(&self) -> Arc<Published> {
        self.current.load_full()
    }

    /// Returns a receiver of later generations. A caller that loads the current generation after this call misses no later generation.
    pub(crate) fn watch(&self) -> Changes {
        self.changes.subscribe()
    }

    /// Returns true if at least one receiver of the cell's changes exists.
    pub(crate) fn is_watched(&self) -> bool {
        self.changes.receiver_count() > 0
    }

    /// Publishes the generation that `next` makes from the current one, and wakes the streams, unless they were already woken for the
    /// current generation. If `next` returns `None`, nothing is published. Other writers of the cell wait while `next` runs.
    pub(crate) fn update(&self, next: impl FnOnce(&Published) -> Option<Published>) {
        self.publish_next(next);
        self.wake();
    }

    /// Publishes the next generation like [`Self::update`], but wakes the streams only when the returned value is dropped.
    pub(crate) fn publish(
        self: &Arc<Self>,
        next: impl FnOnce(&Published) -> Option<Published>,
    ) -> WakeOnDrop {
        self.publish_next(next);
        WakeOnDrop(Arc::clone(self))
    }

    fn publish_next(&self, next: impl FnOnce(&Published) -> Option<Published>) {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(next) = next(&self.current()) else { return };
        self.current.store(Arc::new(next));
        self.is_news.store(true, Ordering::Release);
        drop(writing);
        self.ring();
    }

    /// Wakes all streams unless they were already woken for the current generation.
    fn wake(&self) {
        if self.is_news.swap(false, Ordering::AcqRel) {
            self.changes.send_replace(());
            self.revision.send_modify(|_| {});
        }
    }

    /// Ends all streams of this cell with a `bye` event. The ends are spread over the first 80 % of the time `within`.
    pub(crate) fn close(&self, within: Duration) {
        self.update(|current| {
            let mut last = current.next();
            last.closing = Some(within);
            Some(last)
        });
    }

    fn ring(&self) {
        // A rule of the new generation may be due earlier than the time for which the scheduler's thread waits.
        if !self.current.load().time_rules.is_empty() {
            self.scheduler.ring();
        }
    }

    /// Publishes a new generation if the rules on `now` have another outcome at this time than in the current generation.
    pub(super) fn pass_moments(&self, now: Timestamp) {
        let is_due = |published: &Published| {
            TimeState::at(now, &published.time_rules) != published.time_state
        };
        if is_due(&self.current()) {
            self.update(|current| is_due(current).then(|| current.next().at(now)));
        }
    }
}
