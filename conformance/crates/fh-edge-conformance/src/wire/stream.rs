//! Server-sent events as they arrive.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::body::Body;
use super::{Connection, Head, WireError};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// After `event:`; empty if there is none.
    pub name: String,
    /// After `id:`.
    pub id: Option<String>,
    /// After `data:`; several lines are joined with line ends.
    pub data: String,
    /// The lines as they came, comments too, without the empty one at the end.
    pub lines: Vec<String>,
}

impl Event {
    /// The data as JSON, as text if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|_| Value::String(self.data.clone()))
    }

    /// Is it one that only shows that the server lives?
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

/// An answer that does not end, or ends when the server wants.
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

    /// The next event; `None` if the server ended the stream properly.
    ///
    /// # Errors
    /// If nothing comes in time, or the stream breaks off.
    pub fn event(&mut self) -> Result<Option<Event>, WireError> {
        let until = self.connection.deadline();
        self.next_until(until)
    }

    /// The next event that is no heartbeat.
    ///
    /// # Errors
    /// As [`EventStream::event`].
    pub fn told(&mut self) -> Result<Option<Event>, WireError> {
        let until = self.connection.deadline();
        self.told_until(until)
    }

    /// As [`EventStream::told`], but waits no longer than `time`.
    ///
    /// # Errors
    /// [`WireError::TimedOut`] if nothing came; else as [`EventStream::event`].
    pub fn within(&mut self, time: Duration) -> Result<Option<Event>, WireError> {
        self.told_until(Instant::now() + time)
    }

    /// The connection below, to close it or to stop reading.
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
                    return Ok(Some(std::mem::take(&mut self.event)));
                }
            }
            match self.body.next(&mut self.connection, until)? {
                Some(piece) => self.received.extend_from_slice(&piece),
                None if self.received.is_empty() && self.event.lines.is_empty() => return Ok(None),
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
