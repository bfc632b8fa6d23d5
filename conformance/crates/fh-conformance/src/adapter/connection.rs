//! The transport of the adapter protocol.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::process::ProcessEnd;

/// The time within which an adapter exits after the end of its input.
pub(super) const EXIT_LIMIT: Duration = Duration::from_secs(2);

/// The maximum length of a line in bytes. A longer line ends the adapter.
pub(super) const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// A line of an adapter and the time at which it arrived.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The time.
    pub at: Instant,
    /// The line without its end.
    pub line: String,
}

/// The two directions of lines between the runner and one adapter.
pub trait Connection: Debug + Send {
    /// Sends one line.
    ///
    /// # Errors
    /// A message if the adapter can no longer be reached.
    fn send(&mut self, line: &str) -> Result<(), String>;

    /// Waits for the next line. `None` means that no line arrived within the time.
    ///
    /// # Errors
    /// A message if the adapter has ended.
    fn receive(&mut self, timeout: Duration) -> Result<Option<Incoming>, String>;

    /// Ends the adapter's input, waits until the adapter ends, and kills what is left after two seconds.
    fn end(&mut self) -> ProcessEnd;

    /// Returns the id of the process in which the SDK runs, if the runner started it. It is unknown for an adapter that dials.
    fn process_id(&self) -> Option<u32>;

    /// Returns what the adapter logged so far.
    fn log(&self) -> String;
}
