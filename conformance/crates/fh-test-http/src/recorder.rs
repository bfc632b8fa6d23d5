//! Recording, and waiting for what is recorded.

use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::lock::locked;

/// The condition that a test waited for did not come true in time.
#[derive(Clone, Debug)]
pub struct TimedOut<R> {
    /// The time that the test waited.
    pub waited: Duration,
    /// Everything that the server had seen by then.
    pub record: Box<R>,
}

impl<R: fmt::Display> fmt::Display for TimedOut<R> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "the condition was not met within {:?}: {}", self.waited, self.record)
    }
}

impl<R: fmt::Debug + fmt::Display> std::error::Error for TimedOut<R> {}

/// Everything that a server has seen, with a signal for each addition.
#[derive(Debug, Default)]
pub struct Recorder<R> {
    record: Mutex<R>,
    changed: Condvar,
}

impl<R: Clone> Recorder<R> {
    /// Changes the record and wakes all waiting threads.
    pub fn add<T>(&self, change: impl FnOnce(&mut R) -> T) -> T {
        let result = change(&mut locked(&self.record));
        self.changed.notify_all();
        result
    }

    /// Reads the record.
    pub fn read<T>(&self, read: impl FnOnce(&R) -> T) -> T {
        read(&locked(&self.record))
    }

    /// Waits until the record meets a condition, and returns a copy of it.
    ///
    /// # Errors
    /// If the time is over first.
    pub fn wait(&self, timeout: Duration, is_met: impl Fn(&R) -> bool) -> Result<R, TimedOut<R>> {
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
