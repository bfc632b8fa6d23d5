//! The lines of standard output: answers and events.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::protocol::{CommandError, Event};

/// Writes the answer to a command.
pub(super) fn answer(id: u64, outcome: Result<Map<String, Value>, CommandError>) {
    let mut line = Map::from_iter([("id".to_owned(), id.into())]);
    match outcome {
        Ok(members) => line.extend(members),
        Err(error) => {
            let error = serde_json::to_value(error).unwrap_or_default();
            line.insert("error".to_owned(), error);
        }
    }
    write_line(&line);
}

/// Writes an event. Any thread may call this function.
pub(super) fn event(event: &Event) {
    write_line(event);
}

/// Writes a whole line under the lock of standard output. Errors are ignored: a runner that reads no more also ends standard input.
fn write_line(line: &impl Serialize) {
    let Ok(mut text) = serde_json::to_string(line) else { return };
    text.push('\n');
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
