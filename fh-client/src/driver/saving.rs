//! The writes of the snapshot file. While the driver's loop runs, they run on another thread, so that a slow disk does not
//! delay features.

use std::io;

use tokio::sync::oneshot;

use super::Driver;
use crate::snapshot_file::SnapshotWriter;

impl Driver {
    /// Starts a write of the present features if a write is needed and no write is running.
    pub(super) fn save(&mut self) {
        let now = self.parts.clock.now();
        if self.saving.is_free()
            && let Some(write) = self
                .parts
                .snapshot_writer
                .as_mut()
                .and_then(|snapshot_writer| snapshot_writer.begin(now))
        {
            self.saving.write = Some(tokio::task::spawn_blocking(move || write.run()));
        }
    }

    /// Starts a write of the snapshot file if a write is needed and none is running. Answers the caller once the features that
    /// were published before this command are written, or as soon as a write has failed, which may be one that began earlier.
    /// If no write is needed or running, answers the caller at once. No write is needed while the Edge has sent no list for the
    /// present API keys.
    pub(super) fn flush(&mut self, reply: oneshot::Sender<()>) {
        self.saving.waiting.push(reply);
        self.save();
        if self.saving.is_free() {
            self.saving.answer();
        }
    }

    /// Handles the end of a write: reports the outcome to the log, and answers the waiting callers or starts another write for
    /// them.
    pub(super) fn saved(&mut self, outcome: io::Result<()>) {
        self.status_log.saved(&outcome);
        match &mut self.parts.snapshot_writer {
            Some(snapshot_writer) if outcome.is_err() => snapshot_writer.failed(),
            // There are features to write that the ended write did not contain, and a caller waits for a write.
            Some(snapshot_writer)
                if !self.saving.waiting.is_empty() && snapshot_writer.has_news() =>
            {
                return self.save();
            }
            _ => {}
        }
        self.saving.answer();
    }

    /// Writes the present features when the client ends, unless the file would stay the same. A write that is already running
    /// is awaited instead. If this first write fails, or does not contain the latest features, a second write follows.
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
            if !self.parts.snapshot_writer.as_ref().is_some_and(SnapshotWriter::has_news) {
                return;
            }
        }
    }
}
