//! What is said between the measuring process and the subject.

use serde::{Deserialize, Serialize};

/// How the client is made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Settings {
    /// What its delays and limits are multiplied with.
    pub scale: f64,
    /// What moves it.
    pub driver: Driver,
}

/// What moves a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Driver {
    /// A thread of its own.
    Thread,
    /// A runtime of tokio with two threads.
    Tokio,
}

/// What the subject is told. The end of its input ends it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Order {
    /// Start the client.
    Start,
    /// Refresh it, and wait for the outcome.
    Refresh,
    /// Report.
    Report,
}

/// What the subject tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum News {
    /// Everything is there; the client is not started yet.
    Prepared,
    /// The client is started.
    Started,
    /// The feature has this value now.
    Value(String),
    /// Something that was asked for.
    Report(Box<Report>),
}

/// How the subject is doing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Report {
    /// When each request was handed to the HTTP library, in microseconds since the start: also those that never reached anybody.
    pub sent: Vec<u64>,
    /// The client's status in words.
    pub status: String,
    /// The most memory that was resident so far, in bytes.
    pub peak_memory: Option<u64>,
    /// Panics of any thread.
    pub panics: u64,
}
