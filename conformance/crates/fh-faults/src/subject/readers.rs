//! Threads that read all the time, and hold what they see against what can be.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use fh_client::{Client, Connection, Readiness};

use super::FEATURE;
use super::messages::Report;
use super::served::number;

/// Reads between two rests: eight threads must not starve the one that they watch.
const READS: u64 = 100;
const REST: Duration = Duration::from_millis(3);

/// What is kept of what was wrong.
const MOST_KEPT: usize = 10;

#[derive(Clone, Default)]
pub(super) struct Readers(Arc<Seen>);

#[derive(Default)]
struct Seen {
    reads: AtomicU64,
    longest_wait: AtomicU64,
    wrong: Mutex<Vec<String>>,
}

impl Readers {
    /// Starts so many. They end with the process.
    pub(super) fn start(client: &Client, readers: usize) -> io::Result<Self> {
        let all = Self::default();
        for _ in 0..readers {
            let (client, readers) = (client.clone(), all.clone());
            thread::Builder::new()
                .name("reader".to_owned())
                .spawn(move || readers.read(&client))?;
        }
        Ok(all)
    }

    fn read(&self, client: &Client) {
        let mut last = None;
        let mut was_ready = false;
        loop {
            for _ in 0..READS {
                let value = client.string(FEATURE);
                match (value.as_deref().map(number), last) {
                    (None, None) if was_ready => self.wrong("ready, and no value".to_string()),
                    // Nothing yet.
                    (None, None) => {}
                    (None, Some(last)) => self.wrong(format!("nothing after value {last}")),
                    (Some(None), _) => self.wrong(format!("{value:?}, which was never served")),
                    (Some(Some(now)), Some(last)) if now < last => {
                        self.wrong(format!("value {now} after value {last}"));
                    }
                    (Some(Some(now)), _) => last = Some(now),
                }
            }
            self.0.reads.fetch_add(READS, Ordering::Relaxed);
            let status = client.status();
            let is_ready = status.readiness == Readiness::Ready;
            if was_ready && !is_ready {
                self.wrong(format!("{} after READY", status.readiness));
            }
            was_ready |= is_ready;
            if let (Connection::Waiting, Some(wait)) = (status.connection, status.next_attempt) {
                let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
                self.0.longest_wait.fetch_max(micros, Ordering::Relaxed);
            }
            thread::park_timeout(REST);
        }
    }

    fn wrong(&self, what: String) {
        let mut wrong = self.0.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() < MOST_KEPT {
            wrong.push(what);
        }
    }

    /// What was seen so far.
    pub(super) fn report(&self) -> Report {
        Report {
            reads: self.0.reads.load(Ordering::Relaxed),
            longest_wait: self.0.longest_wait.load(Ordering::Relaxed),
            wrong: self.0.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            ..Report::default()
        }
    }
}
