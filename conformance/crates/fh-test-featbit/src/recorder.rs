//! Recording, and waiting for what is recorded.

use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::lock::locked;
use crate::record::Record;

/// The condition that a test waited for did not come true in time.
#[derive(Clone, Debug)]
pub struct TimedOut {
    /// The time that the test waited.
    pub waited: Duration,
    /// Everything that the server had seen by then.
    pub record: Box<Record>,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.record;
        write!(
            to,
            "the condition was not met within {:?}: {} connections, {} requests, {} upgrades, {} sockets opened, {} open, {} messages, \
             {} insights",
            self.waited,
            record.connections.len(),
            record.requests.len(),
            record.upgrades.len(),
            record.sockets_opened,
            record.open_sockets,
            record.messages.len(),
            record.insights.len()
        )
    }
}

impl std::error::Error for TimedOut {}

#[derive(Debug, Default)]
pub(crate) struct Recorder {
    record: Mutex<Record>,
    changed: Condvar,
}

impl Recorder {
    /// Changes the record and wakes all waiting threads.
    pub(crate) fn add<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        let result = change(&mut locked(&self.record));
        self.changed.notify_all();
        result
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&Record) -> T) -> T {
        read(&locked(&self.record))
    }

    pub(crate) fn wait(
        &self,
        timeout: Duration,
        is_met: impl Fn(&Record) -> bool,
    ) -> Result<Record, TimedOut> {
        let deadline = Instant::now() + timeout;
        let mut record = locked(&self.record);
        while !is_met(&record) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(TimedOut { waited: timeout, record: Box::new(record.clone()) });
            }
            let waited = self.changed.wait_timeout(record, left);
            record = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(record.clone())
    }
}
