//! The adapter protocol: the messages between the runner and an adapter (`docs/reference/adapter-protocol.md`).
//!
//! An adapter is a program around one SDK. The runner sends commands, one JSON object a line, and waits for each answer. The adapter may
//! send events at any time. The runner and this project's own adapter share these types.

mod create;
mod event;
mod hello;
mod listen;
mod read;
mod state;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use create::{Context, Create, Created, Mode, Refused, Retry, Timeouts};
pub use event::{Called, Event};
pub use hello::{Defaults, Hello, Sdk};
pub use listen::{Intercept, Listen, ListenOn, Record, Then, Update, Updated};
pub use read::{Answers, Evaluate, EvaluateRead, Read, ReadAnswer};
pub use state::{Closed, ReadinessAnswer, SdkReadiness, State};

/// The version of the protocol.
pub const PROTOCOL: u32 = 1;

/// A command as it is sent: the number, the name of the operation, and the operation's members beside them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Command {
    /// The number of the command. The answer repeats it.
    pub id: u64,
    /// The name of the operation.
    pub op: String,
    /// The members of the operation.
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

/// The error of a command that has no other answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandError {
    /// The kind of the error.
    pub code: ErrorCode,
    /// A message for people.
    #[serde(default)]
    pub message: String,
}

/// The kind of a [`CommandError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorCode {
    /// The SDK has no such capability. Only operations of capabilities that `hello` lists under `cannot` may answer so.
    Unsupported,
    /// The SDK raised an error. Some scenarios expect it.
    Sdk,
    /// The adapter could not perform the command.
    Adapter,
}

impl ErrorCode {
    /// Returns the code's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Sdk => "sdk",
            Self::Adapter => "adapter",
        }
    }
}

/// The names of all operations.
pub const OPERATIONS: &[&str] = &[
    "hello",
    "evaluate",
    "create",
    "state",
    "wait",
    "read",
    "context",
    "keys",
    "listen",
    "unlisten",
    "refresh",
    "suspend",
    "resume",
    "catch",
    "release",
    "intercept",
    "record",
    "update",
    "fork",
    "close",
];
