//! What is said between the measuring process and the subject.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scale::Scale;

/// How the client is made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Settings {
    /// What its delays and limits are multiplied with.
    pub scale: f64,
    /// What moves it.
    pub driver: Driver,
    /// How many threads read as fast as they can.
    pub readers: usize,
    /// For how many milliseconds a stream has to be open for delays to begin anew; scaled like everything else if nothing is said.
    pub healthy_after: Option<u64>,
}

impl Settings {
    /// A client that is moved by a thread of its own, and that nobody reads.
    #[must_use]
    pub const fn scaled(scale: Scale) -> Self {
        Self { scale: scale.factor(), driver: Driver::Thread, readers: 0, healthy_after: None }
    }
}

/// What moves a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
pub enum Driver {
    /// A thread of its own.
    Thread,
    /// A runtime of tokio with two threads.
    Tokio,
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Thread => "thread",
            Self::Tokio => "tokio",
        })
    }
}

/// What the subject is told. The end of its input ends it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Order {
    /// Start the client.
    Start,
    /// Make so many further clients, one after the other, each until it is ready, and close them.
    Cycle(u32),
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
    /// The client has sent so many requests.
    Sent(usize),
    /// The feature has this value now.
    Value(String),
    /// The further clients are closed.
    Cycled,
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
    /// The memory that is resident, in bytes.
    pub resident_memory: Option<u64>,
    /// How many threads there are.
    pub threads: Option<u64>,
    /// How many sockets are open.
    pub sockets: Option<u64>,
    /// Panics of any thread.
    pub panics: u64,
    /// How many reads there were.
    pub reads: u64,
    /// What readers should not have seen, the first of it.
    pub wrong: Vec<String>,
    /// The longest time until the next attempt that the status ever told, in microseconds.
    pub longest_wait: u64,
}
