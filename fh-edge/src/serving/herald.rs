//! Wakes those who watch, in a thread of its own: with many streams it takes a while, for which neither who made a change nor who
//! makes the next one is to wait.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::slot::News;

/// Sends news to the thread, which ends with the last of these.
#[derive(Debug, Clone)]
pub(crate) struct Herald(Sender<News>);

impl Herald {
    /// Starts the thread.
    ///
    /// # Errors
    /// The machine gives no thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, news) = channel();
        // Dropping each is all there is to do. What is put up while streams are being woken for what came before is one more
        // waking, however much it is.
        let run = move || news.into_iter().for_each(drop);
        thread::Builder::new().name("fh-edge-herald".into()).spawn(run)?;
        Ok(Self(sender))
    }

    /// Lets those who watch know, soon.
    pub(crate) fn tell(&self, news: News) {
        // Without the thread it comes back, and is dropped here.
        let _ = self.0.send(news);
    }

    /// One that tells nobody: what it is given comes out here.
    #[cfg(test)]
    pub(crate) fn silent() -> (Self, std::sync::mpsc::Receiver<News>) {
        let (sender, news) = channel();
        (Self(sender), news)
    }
}
