//! The adapter of this project's own client, which `fh-conformance adapter rust` runs.
//!
//! The adapter uses only the public functions of `fh-client`, as any program does. One thread performs the commands, one after another.
//! Listeners run on the client's threads and write their events at once.

mod attributes;
mod clients;
mod counting_transport;
mod create;
mod debug_log;
mod dispatch;
mod evaluate;
mod failure;
mod hello;
mod input;
mod interceptors;
mod lifecycle;
mod listeners;
mod members;
mod output;
mod readers;
mod reads;
mod updates;
mod usage;
mod waiting;

use crate::protocol::Command;

use dispatch::Adapter;
use input::Input;

/// Performs the commands of standard input until it ends, and then closes all clients.
///
/// # Errors
/// A message if a line is not a command, or if a thread cannot be started.
pub fn run() -> Result<(), String> {
    let input = Input::start().map_err(|error| error.to_string())?;
    let mut adapter = Adapter::new().map_err(|error| error.to_string())?;
    while let Some(line) = input.next_line() {
        let line = line.map_err(|error| format!("standard input cannot be read: {error}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let command: Command = serde_json::from_str(&line)
            .map_err(|error| format!("a line of standard input is not a command: {error}"))?;
        let id = command.id;
        output::answer(id, failure::flattened(failure::caught(|| adapter.perform(command))));
    }
    adapter.close_all();
    Ok(())
}
