//! Threads that read the feature `STATE` all the time, and report each value that cannot be.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use fh_client::{Client, Readiness};

use super::clients::AdapterClient;
use super::output;
use crate::protocol::Event;
use crate::served_value::number;

/// The feature that is read.
const FEATURE: &str = "STATE";
/// Number of reads between two rests. Without rests, several readers would take all time from the client that they watch.
const READS: u32 = 100;
const REST: Duration = Duration::from_millis(3);
/// Maximum number of events `wrong` of one client.
const MOST_EVENTS: u32 = 10;

/// One reader: the client, and the values that it has seen.
struct StateReader {
    client: Client,
    name: String,
    /// Number of events that all readers of the client have sent.
    events: Arc<AtomicU32>,
    /// The number of the last value.
    last: Option<u64>,
    was_ready: bool,
}

/// Starts so many readers of a client. They end when the client is closed.
///
/// # Errors
/// If a thread cannot be started.
pub(super) fn start(client: &AdapterClient, readers: u32) -> io::Result<()> {
    let events = Arc::new(AtomicU32::new(0));
    for _ in 0..readers {
        let mut reader = StateReader {
            client: client.client.clone(),
            name: client.name.clone(),
            events: Arc::clone(&events),
            last: None,
            was_ready: false,
        };
        thread::Builder::new().name("reader".to_owned()).spawn(move || reader.run())?;
    }
    Ok(())
}

impl StateReader {
    fn run(&mut self) {
        loop {
            for _ in 0..READS {
                self.read();
            }
            let readiness = self.client.readiness();
            if readiness == Readiness::Closed {
                return;
            }
            let is_ready = readiness == Readiness::Ready;
            if self.was_ready && !is_ready {
                self.wrong(format!("the readiness is {readiness} after READY"));
            }
            self.was_ready |= is_ready;
            thread::park_timeout(REST);
        }
    }

    fn read(&mut self) {
        let value = self.client.string(FEATURE);
        match (value.as_deref().map(number), self.last) {
            (None, None) if self.was_ready => {
                self.wrong("the client is ready and has no value".to_owned());
            }
            // The first features have not arrived yet.
            (None, None) => {}
            (None, Some(last)) => self.wrong(format!("there is no value after value {last}")),
            (Some(None), _) => self.wrong(format!("{value:?} was never served")),
            (Some(Some(now)), Some(last)) if now < last => {
                self.wrong(format!("value {now} came after value {last}"));
            }
            (Some(Some(now)), _) => self.last = Some(now),
        }
    }

    fn wrong(&self, message: String) {
        if self.events.fetch_add(1, Ordering::Relaxed) < MOST_EVENTS {
            output::event(&Event::Wrong { client: self.name.clone(), message });
        }
    }
}
