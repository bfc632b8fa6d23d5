//! Writing the snapshot file beside the loop: however slow a disk is, features go on arriving.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Driver;
use crate::snapshot::Keeper;

/// The one write on its way, and who waits for it.
#[derive(Default)]
pub(super) struct Saving {
    write: Option<JoinHandle<io::Result<()>>>,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Saving {
    pub(super) const fn is_free(&self) -> bool {
        self.write.is_none()
    }

    /// The end of the write.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(write) = &mut self.write else { return Poll::Pending };
        let outcome = Pin::new(write).poll(cx);
        if outcome.is_ready() {
            self.write = None;
        }
        // A write that panicked is one that failed.
        outcome.map(|outcome| outcome.unwrap_or_else(|why| Err(io::Error::other(why))))
    }

    fn answer(&mut self) {
        for waiting in self.waiting.drain(..) {
            // They may have given up.
            let _ = waiting.send(());
        }
    }
}

impl Driver {
    /// Begins to write what is known, unless a write is on its way or there is nothing to write.
    pub(super) fn save(&mut self) {
        let now = self.parts.clock.now();
        if self.saving.is_free()
            && let Some(write) = self.parts.keeper.as_mut().and_then(|keeper| keeper.begin(now))
        {
            self.saving.write = Some(tokio::task::spawn_blocking(move || write.run()));
        }
    }

    /// Has everything written that came before this.
    pub(super) fn flush(&mut self, reply: oneshot::Sender<()>) {
        self.saving.waiting.push(reply);
        self.save();
        if self.saving.is_free() {
            self.saving.answer();
        }
    }

    /// The write has ended.
    pub(super) fn saved(&mut self, outcome: io::Result<()>) {
        self.journal.saved(&outcome);
        match &mut self.parts.keeper {
            Some(keeper) if outcome.is_err() => keeper.failed(),
            // It came while the write was on its way, and somebody waits for it.
            Some(keeper) if !self.saving.waiting.is_empty() && keeper.has_news() => {
                return self.save();
            }
            _ => {}
        }
        self.saving.answer();
    }

    /// Waits for the write on its way, and writes what came since.
    pub(super) async fn save_last(&mut self) {
        for _ in 0..2 {
            if self.saving.is_free() {
                self.save();
            }
            if self.saving.is_free() {
                return;
            }
            let outcome = std::future::poll_fn(|cx| self.saving.poll(cx)).await;
            self.saved(outcome);
            if !self.parts.keeper.as_ref().is_some_and(Keeper::has_news) {
                return;
            }
        }
    }
}
