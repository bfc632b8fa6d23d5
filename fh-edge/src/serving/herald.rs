//! Wakes streams in a thread of its own. With many streams this takes a while, and neither the caller of a change nor the next change must
//! wait for it.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::slot::News;

/// A sender to the thread, which ends when the last copy is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Herald(Sender<News>);

impl Herald {
    /// Starts the thread.
    ///
    /// # Errors
    /// The operating system refuses a thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, news) = channel();
        // Dropping a `News` wakes the streams. Generations that are published while streams are being woken need only one more wake-up,
        // however many they are.
        let run = move || news.into_iter().for_each(drop);
        thread::Builder::new().name("fh-edge-herald".into()).spawn(run)?;
        Ok(Self(sender))
    }

    /// Queues the wake-up of the streams.
    pub(crate) fn tell(&self, news: News) {
        // If the thread has ended, the value comes back and is dropped here, which wakes the streams.
        let _ = self.0.send(news);
    }

    /// Returns a notifier without a thread, and the receiver of what is sent to it.
    #[cfg(test)]
    pub(crate) fn silent() -> (Self, std::sync::mpsc::Receiver<News>) {
        let (sender, news) = channel();
        (Self(sender), news)
    }
}
