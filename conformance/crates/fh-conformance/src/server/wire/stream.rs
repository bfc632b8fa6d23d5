//! Server-sent events as they arrive.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::body::Body;
use super::{Connection, Head, WireError};
use crate::adapter::TimelineKind;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The text after `event:`; empty if there is none.
    pub name: String,
    /// The text after `id:`.
    pub id: Option<String>,
    /// The text after `data:`. Several lines are joined with line feeds.
    pub data: String,
    /// The lines as they arrived, including comments, without the empty line at the end.
    pub lines: Vec<String>,
}

impl Event {
    /// Returns the data as JSON, or as a text if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|_| Value::String(self.data.clone()))
    }

    /// Returns true if the event only shows that the server is alive.
    #[must_use]
    pub fn is_heartbeat(&self) -> bool {
        self.name.is_empty() || (self.name == "ack" && self.json().is_string())
    }

    fn take(&mut self, line: String) {
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.name),
            "id" => self.id = Some(value.to_owned()),
            "data" if self.data.is_empty() => value.clone_into(&mut self.data),
            "data" => {
                self.data.push('\n');
                self.data.push_str(value);
            }
            _ => {}
        }
        self.lines.push(line);
    }
}

/// An answer that is an event stream.
#[derive(Debug)]
pub struct EventStream {
    /// Status and headers.
    pub head: Head,
    connection: Connection,
    body: Body,
    received: Vec<u8>,
    event: Event,
}

impl EventStream {
    pub(super) fn new(connection: Connection, head: Head, body: Body) -> Self {
        Self { head, connection, body, received: Vec::new(), event: Event::default() }
    }

    /// Returns the next event; `None` if the server ended the stream properly.
    ///
    /// # Errors
    /// If no event arrives in time, or the stream is cut off.
    pub fn event(&mut self) -> Result<Option<Event>, WireError> {
        let until = self.connection.deadline();
        self.next_until(until)
    }

    /// Returns the next event that is not a heartbeat.
    ///
    /// # Errors
    /// As [`EventStream::event`].
    pub fn told(&mut self) -> Result<Option<Event>, WireError> {
        let until = self.connection.deadline();
        self.told_until(until)
    }

    /// Returns the next event that is not a heartbeat, and waits at most `time`.
    ///
    /// # Errors
    /// [`WireError::TimedOut`] if nothing arrived, otherwise as [`EventStream::event`].
    pub fn within(&mut self, time: Duration) -> Result<Option<Event>, WireError> {
        self.told_until(Instant::now() + time)
    }

    /// Returns the underlying connection, for example to set socket options.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    fn told_until(&mut self, until: Instant) -> Result<Option<Event>, WireError> {
        loop {
            match self.next_until(until)? {
                Some(event) if event.is_heartbeat() => {}
                other => return Ok(other),
            }
        }
    }

    fn next_until(&mut self, until: Instant) -> Result<Option<Event>, WireError> {
        loop {
            while let Some(line) = self.line()? {
                if !line.is_empty() {
                    self.event.take(line);
                } else if !self.event.lines.is_empty() {
                    let lines = self.event.lines.join("\n");
                    self.connection.note(TimelineKind::Event, lines.as_bytes());
                    return Ok(Some(std::mem::take(&mut self.event)));
                }
            }
            match self.body.next(&mut self.connection, until)? {
                Some(piece) => self.received.extend_from_slice(&piece),
                None if self.received.is_empty() && self.event.lines.is_empty() => {
                    self.connection.note(TimelineKind::Event, b"the stream ended");
                    return Ok(None);
                }
                None => return Err(WireError::Closed),
            }
        }
    }

    fn line(&mut self) -> Result<Option<String>, WireError> {
        let Some(end) = self.received.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        let mut line: Vec<u8> = self.received.drain(..=end).collect();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let text = String::from_utf8(line);
        text.map(Some).map_err(|_| WireError::Malformed("an event that is not UTF-8".to_owned()))
    }
}
