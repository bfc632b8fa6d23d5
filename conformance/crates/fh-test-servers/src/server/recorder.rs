//! Recording, and waiting for what is recorded.

use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::server::http::Request;
use crate::server::lock::locked;

/// The numbers of things that a server has seen, by their names.
pub trait Counts {
    /// Returns the numbers.
    fn counts(&self) -> Vec<(&'static str, usize)>;
}

/// A request, with its answer once it was answered.
#[derive(Clone, Debug, Serialize)]
pub struct SeenRequest {
    /// The number of the connection, counted from 1 in the order of accepting.
    pub connection: usize,
    /// The time at which the request was complete.
    #[serde(skip)]
    pub at: Instant,
    /// The method, as it was sent.
    pub method: String,
    /// The path and the query, as they were sent.
    pub target: String,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body. Bytes that are no UTF-8 are replaced.
    pub body: String,
    /// The status of the answer. None if the server has not answered, or has reset the connection.
    pub status: Option<u16>,
    /// The time just before the answer was written.
    #[serde(skip)]
    pub answered_at: Option<Instant>,
}

impl SeenRequest {
    /// Returns a request that was not answered yet.
    pub(crate) fn new(request: &Request, connection: usize, at: Instant) -> Self {
        Self {
            connection,
            at,
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request.headers.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status: None,
            answered_at: None,
        }
    }

    /// Returns the first header of a name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }
}

/// The condition that a test waited for did not come true in time.
#[derive(Clone, Debug)]
pub struct TimedOut<R> {
    /// The time that the test waited.
    pub waited: Duration,
    /// Everything that the server had seen by then.
    pub record: Box<R>,
}

impl<R: Counts> fmt::Display for TimedOut<R> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "the condition was not met within {:?}, with", self.waited)?;
        self.record.counts().iter().try_for_each(|(name, count)| write!(to, " {count} {name}"))
    }
}

impl<R: fmt::Debug + Counts> std::error::Error for TimedOut<R> {}

/// Everything that a server has seen, with a signal for each addition.
#[derive(Debug, Default)]
pub(crate) struct Recorder<R> {
    record: Mutex<R>,
    changed: Condvar,
}

impl<R: Clone> Recorder<R> {
    /// Changes the record and wakes all waiting threads.
    pub(crate) fn add<T>(&self, change: impl FnOnce(&mut R) -> T) -> T {
        let result = change(&mut locked(&self.record));
        self.changed.notify_all();
        result
    }

    /// Reads the record.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&R) -> T) -> T {
        read(&locked(&self.record))
    }

    /// Waits until the record meets a condition, and returns a copy of it.
    pub(crate) fn wait(
        &self,
        timeout: Duration,
        is_met: impl Fn(&R) -> bool,
    ) -> Result<R, TimedOut<R>> {
        self.wait_for(timeout, |record| is_met(record).then(|| record.clone()))
    }

    /// Waits until `look` returns a value. It is called after each change of the record.
    pub(crate) fn wait_for<T>(
        &self,
        timeout: Duration,
        mut look: impl FnMut(&R) -> Option<T>,
    ) -> Result<T, TimedOut<R>> {
        let begun = Instant::now();
        let mut record = locked(&self.record);
        loop {
            if let Some(found) = look(&record) {
                return Ok(found);
            }
            let left = timeout.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(TimedOut { waited: timeout, record: Box::new(record.clone()) });
            }
            let waited = self.changed.wait_timeout(record, left);
            record = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
