//! Recorded answers, and how they are compared.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::featbit::client::Event;

/// One thing that came on a socket.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Got {
    pub(crate) json: Option<Box<RawValue>>,
    /// The text, where the server's own way of writing the value would give another one.
    pub(crate) text: Option<String>,
    close: Option<u16>,
    #[serde(default)]
    reason: String,
    end: Option<String>,
    ws_pong: Option<String>,
    pub(crate) after_ping: Option<Vec<Got>>,
}

impl Got {
    /// Returns true if nothing can follow on the socket.
    pub(crate) fn is_last(&self) -> bool {
        self.close.is_some() || self.end.is_some()
    }

    /// Compares an event with the recorded one.
    pub(crate) fn check(&self, event: &Event) -> Result<(), String> {
        let is_equal = match (self, event) {
            (Self { text: Some(text), .. }, Event::Text(given)) => text == given,
            (Self { json: Some(json), .. }, Event::Text(given)) => same_json(json.get(), given),
            (Self { close: Some(code), .. }, Event::Close(given, reason)) => {
                code == given && self.reason == *reason
            }
            (Self { end: Some(end), .. }, Event::End(given)) => end == given,
            (Self { ws_pong: Some(pong), .. }, Event::Pong(given)) => pong.as_bytes() == given,
            _ => false,
        };
        let expected = || match self {
            Self { json: Some(json), .. } => json.get().to_owned(),
            Self { close: Some(code), reason, .. } => format!("close {code} {reason:?}"),
            Self { end, ws_pong, .. } => format!("{end:?} {ws_pong:?}"),
        };
        if is_equal { Ok(()) } else { Err(format!("{event:?} in place of {}", expected())) }
    }
}

/// Compares two JSON texts. The order of flags and segments does not count, which is the server's own.
pub(crate) fn same_json(expected: &str, given: &str) -> bool {
    if expected == given {
        return true;
    }
    let read = |text: &str| serde_json::from_str::<Value>(text).ok().map(sorted);
    read(expected).is_some_and(|expected| read(given) == Some(expected))
}

fn sorted(mut message: Value) -> Value {
    for list in ["featureFlags", "segments"] {
        if let Some(Value::Array(records)) = message.pointer_mut(&format!("/data/{list}")) {
            records.sort_by_key(ToString::to_string);
        }
    }
    message
}
