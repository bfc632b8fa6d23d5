//! The lines of JSON between this program and an adapter. An adapter answers each command with one line: `{"ok": true, ..}` or
//! `{"ok": false, "error": ".."}`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::typed::Type;

/// A command. The answer of `start` has `ready`, that of `read` has `values`, that of `wait` has `seen`, and that of `notices` has `notices`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Command {
    /// Creates a client, and waits until it is ready.
    Start { secret: String, streaming_url: String, http_url: String, wait_ms: u64 },
    /// Reads flags with the function of the SDK for their types.
    Read { reads: Vec<Read> },
    /// Repeats a read until it returns a value.
    Wait { read: Read, value: Value, timeout_ms: u64 },
    /// Reports a metric.
    Track { user: Value, event: String, value: f64 },
    /// Sends the events that are waiting.
    Flush,
    /// Returns the notices or warnings since the last call; without any, the present problem.
    Notices,
    /// Ends the client.
    Close,
}

/// A read of a flag for a user, whose form is that of FeatBit's messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Read {
    pub(crate) user: Value,
    pub(crate) flag: String,
    pub(crate) r#type: Type,
    pub(crate) default: Value,
}
