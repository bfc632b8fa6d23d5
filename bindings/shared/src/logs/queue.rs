//! The bounded queue of log records.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::Level;

use crate::process::PerProcess;

/// The most records that wait. Further records are counted and dropped.
const MOST: usize = 1024;

/// A log event that waits for the logger of the other language.
#[derive(Debug)]
pub struct Record {
    /// The level.
    pub level: Level,
    /// The message, without the fields.
    pub message: String,
    /// The names and the texts of the fields.
    pub fields: Vec<(&'static str, String)>,
}

impl Record {
    /// Returns the record that reports lost records.
    #[must_use]
    pub fn of_dropped(dropped: u64) -> Self {
        let message = format!("{dropped} log records were dropped, because too many waited");
        Self { level: Level::WARN, message, fields: vec![("dropped", dropped.to_string())] }
    }

    /// Returns the message with the fields.
    #[must_use]
    pub fn text(&self) -> String {
        let fields: Vec<String> =
            self.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        match fields.is_empty() {
            true => self.message.clone(),
            false => format!("{} ({})", self.message, fields.join(", ")),
        }
    }
}

/// The queue of each process. A forked child process has neither the records nor the thread of its parent.
static QUEUE: PerProcess<Arc<Queue>> = PerProcess::unmade();

/// The records that wait for the logger.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    /// Notified of a new record, of the end of a delivery, and of the end of the queue.
    condvar: Condvar,
}

#[derive(Default)]
struct State {
    records: VecDeque<Record>,
    dropped: u64,
    has_thread: bool,
    is_delivering: bool,
    is_over: bool,
    /// True while the thread ends when there are no records.
    is_resting: bool,
}

impl State {
    fn is_busy(&self) -> bool {
        self.is_delivering || (self.has_thread && !self.records.is_empty())
    }
}

impl Queue {
    /// The queue of this process.
    pub fn here() -> &'static Arc<Self> {
        QUEUE.get_or_make(|_| Arc::default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a record, and starts a thread that delivers the records unless it runs.
    pub(super) fn add(self: &Arc<Self>, record: Record, deliver: fn(&Self)) {
        let mut state = self.state();
        if state.is_over {
            return;
        }
        if state.records.len() >= MOST {
            state.dropped += 1;
        } else {
            state.records.push_back(record);
        }
        let has_thread = mem::replace(&mut state.has_thread, true);
        drop(state);
        self.condvar.notify_all();
        if !has_thread {
            let queue = Arc::clone(self);
            let thread = thread::Builder::new().name("fh-logs".to_string());
            if thread.spawn(move || deliver(&queue)).is_err() {
                // The next record tries again.
                self.state().has_thread = false;
            }
        }
    }

    /// Takes the records that wait, and the number of records that were dropped.
    pub fn take(&self) -> (VecDeque<Record>, u64) {
        let mut state = self.state();
        (mem::take(&mut state.records), mem::take(&mut state.dropped))
    }

    /// Ends the thread that delivers once it has delivered what waits, or lets it wait again. Later records have a thread, too.
    pub fn rest(&self, is_resting: bool) {
        self.state().is_resting = is_resting;
        self.condvar.notify_all();
    }

    /// Blocks the thread that delivers until a record waits. Returns false at the end of the thread.
    pub fn wait(&self) -> bool {
        let mut state = self.state();
        while state.records.is_empty() && !state.is_over && !state.is_resting {
            state = self.condvar.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.is_delivering = !state.is_over && !state.records.is_empty();
        state.has_thread = state.is_delivering || state.is_over;
        state.is_delivering
    }

    /// Reports that the thread has delivered what it found.
    pub fn delivered(&self) {
        self.state().is_delivering = false;
        self.condvar.notify_all();
    }

    /// Blocks this thread while the other one delivers records or has some to deliver, at most for this long. Returns true if it has none.
    pub fn wait_for_the_delivery(&self, limit: Duration) -> bool {
        let waited = self.condvar.wait_timeout_while(self.state(), limit, |state| state.is_busy());
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_busy()
    }

    /// Ends the thread. Later records are left out.
    pub fn end(&self) {
        self.state().is_over = true;
        self.condvar.notify_all();
    }
}
