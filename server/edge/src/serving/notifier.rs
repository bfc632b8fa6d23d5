//! Wakes streams on a separate thread. With many streams, waking takes long, and neither the caller of a change nor the next change must
//! wait for it.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::published_cell::WakeOnDrop;

/// The sender of wake-ups to the notifier's thread. The thread ends after the last copy of the sender was dropped.
#[derive(Debug, Clone)]
pub(crate) struct Notifier(Sender<WakeOnDrop>);

impl Notifier {
    /// Starts the thread that wakes streams.
    ///
    /// # Errors
    /// Returns the error of the operating system if it refuses to start a thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, wakes) = channel();
        // Dropping a `WakeOnDrop` wakes the streams. If several generations of a cell are published during a wake-up, its streams may be
        // woken only once more.
        let run = move || wakes.into_iter().for_each(drop);
        thread::Builder::new().name("fh-edge-notify".into()).spawn(run)?;
        Ok(Self(sender))
    }

    /// Queues the wake-up of the streams of one cell.
    pub(crate) fn notify(&self, wakes: WakeOnDrop) {
        // If the thread has ended, `send` returns the value, which is dropped here and thereby wakes the streams.
        let _ = self.0.send(wakes);
    }

    /// Returns a notifier without a thread, and the receiver of the queued wake-ups.
    #[cfg(test)]
    pub(crate) fn silent() -> (Self, std::sync::mpsc::Receiver<WakeOnDrop>) {
        let (sender, wakes) = channel();
        (Self(sender), wakes)
    }
}
