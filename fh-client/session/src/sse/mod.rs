//! A decoder of server-sent events that processes bytes as they arrive. It implements the WHATWG event-stream format, of which FeatureHub
//! uses a part.
//!
//! The bytes of a value go directly into the unfinished event, without a line buffer, so that the work hardly depends on the sizes of the
//! chunks. The values of ignored parts (comments, unknown fields) are never stored.
//!
//! The decoder limits the sizes of lines and events, which the format does not limit.

mod field;
mod value;

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use field::{Field, FieldName, Position};
use value::{Exceeded, Milliseconds, Value};

/// The name of an event without an `event` line, or with an empty `event` line.
const MESSAGE: &str = "message";
/// Maximum size in bytes of an event's name, and of an event's id. A longer name or id gives [`TooLarge`]. Real names and ids have some
/// dozen bytes.
const NAME_LIMIT: usize = 64 * 1024;

/// Maximum sizes of the parts of a stream. A larger part gives [`TooLarge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum size of one event and of one line in bytes. The size of an event counts its `data` and `event` lines and the unfinished
    /// line, all without line ends. The default is 16 MiB. The data of an event has the same limit after invalid UTF-8 is replaced.
    /// Names and ids are also limited to 64 KiB each.
    pub event: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { event: 16 * 1024 * 1024 }
    }
}

/// A complete server-sent event: its name, its data, and the last valid id of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The name of the event; `message` if the event has no `event` line, or an empty `event` line.
    pub name: String,
    /// The values of the event's `data` lines, joined by line feeds.
    pub data: String,
    /// The last valid id in the stream, from this event or from an earlier line; `None` if the stream has sent no valid id.
    pub id: Option<Arc<str>>,
}

/// The error for a line, an event, or an event's name or id that is larger than its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge {
    /// The value of [`Limits::event`], even if a name or id was too large.
    pub limit: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, names) = (self.limit, self.limit.min(NAME_LIMIT));
        write!(
            f,
            "a line or event of the stream is larger than {limit} bytes, or the name or id of an event is larger than {names} bytes"
        )
    }
}

impl std::error::Error for TooLarge {}

/// A decoder for the body of one response.
///
/// An event that is unfinished when the body ends is dropped with the decoder. Invalid UTF-8 becomes U+FFFD.
///
/// The decoder holds at most [`Limits::event`] bytes of data, and 64 KiB each of an event's name, the id on the unfinished line and the
/// last id. The decoder may need twice as much memory while a buffer grows or invalid UTF-8 is replaced. A complete event takes the buffers
/// of its name and data out of the decoder.
///
/// ```
/// use fh_session::internal::sse::{Decoder, Limits, TooLarge};
///
/// let mut decoder = Decoder::new(Limits::default());
/// let mut names = Vec::new();
/// for mut chunk in [&b"event: ack\nda"[..], b"ta: 1\n\ndata: 2\n", b"\n: still here\n"] {
///     while let Some(event) = decoder.decode(&mut chunk)? {
///         names.push((event.name, event.data));
///     }
/// }
/// assert_eq!(names, [("ack".into(), "1".into()), ("message".into(), "2".into())]);
/// assert_eq!((decoder.lines(), decoder.unfinished()), (6, 0));
/// # Ok::<(), TooLarge>(())
/// ```
pub struct Decoder {
    limits: Limits,
    state: State,
    /// True if the last byte was a carriage return. A following line feed then belongs to the same line end.
    after_cr: bool,
    /// Number of bytes of the unfinished line.
    line: usize,
    /// Number of bytes of the complete lines that belong to the unfinished event.
    begun: usize,
    name: Value,
    /// The joined values of the event's `data` lines; `None` until the event has such a line. An event without `data` lines is not
    /// dispatched.
    data: Option<Value>,
    next_id: Value,
    id: Option<Arc<str>>,
    next_retry: Milliseconds,
    retry: Option<Duration>,
    lines: u64,
    parts: u64,
}

/// The position of the next byte within its line.
enum State {
    /// The next byte is at the start of the line, or in the name of the field.
    Name(FieldName),
    /// The next byte follows the colon. If this byte is a space, it is skipped.
    AfterColon(Field),
    Value(Field),
    Failed,
}

impl Decoder {
    /// Creates a decoder for the start of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let name_limit = limits.event.min(NAME_LIMIT);
        Self {
            limits,
            state: State::Name(FieldName::default()),
            after_cr: false,
            line: 0,
            begun: 0,
            name: Value::new(name_limit),
            data: None,
            next_id: Value::new(name_limit),
            id: None,
            next_retry: Milliseconds::default(),
            retry: None,
            lines: 0,
            parts: 0,
        }
    }

    /// Consumes bytes from the front of `bytes` until an event is complete, and returns the event. Returns `None` once all bytes are
    /// consumed. Call this method again until it returns `None`, because the rest of the chunk may hold more events.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] if the stream exceeds a limit. The decoder then holds no data, and every later call fails with the same error.
    pub fn decode(&mut self, bytes: &mut &[u8]) -> Result<Option<Event>, TooLarge> {
        self.advance(bytes).map_err(|Exceeded| {
            *self = Self {
                state: State::Failed,
                lines: self.lines,
                parts: self.parts,
                retry: self.retry,
                ..Self::new(self.limits)
            };
            TooLarge { limit: self.limits.event }
        })
    }

    /// Returns the last valid `retry` value of the stream; `None` if the stream has sent no such value. The caller applies its own limits.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Returns the number of complete lines so far, including comments and empty lines. Each line shows that the connection works.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Returns the number of complete parts so far: empty lines, which end events, comments, and lines of `retry` and of unknown fields.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.parts
    }

    /// Returns the number of bytes of the unfinished line and the unfinished event, without line ends. Complete comments and complete lines
    /// of other fields than `data` and `event` do not begin an event. Returns 0 after an error.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.begun + self.line
    }

    /// Returns true if a complete line belongs to the unfinished event. If false, all [unfinished](Self::unfinished) bytes came after the
    /// last complete line.
    #[must_use]
    pub fn is_within_event(&self) -> bool {
        self.begun > 0
    }

    fn advance(&mut self, bytes: &mut &[u8]) -> Result<Option<Event>, Exceeded> {
        if let State::Failed = self.state {
            return Err(Exceeded);
        }
        while !bytes.is_empty() {
            if mem::take(&mut self.after_cr)
                && let [b'\n', rest @ ..] = *bytes
            {
                *bytes = rest;
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let (run, rest) =
                bytes.split_at_checked(end.unwrap_or(bytes.len())).unwrap_or_default();
            *bytes = rest;
            self.within_line(run)?;
            if let [end, rest @ ..] = rest {
                *bytes = rest;
                self.after_cr = *end == b'\r';
                if let Some(event) = self.end_line()? {
                    return Ok(Some(event));
                }
            }
        }
        Ok(None)
    }

    /// Handles bytes of one line, without the line end.
    fn within_line(&mut self, run: &[u8]) -> Result<(), Exceeded> {
        self.line = self.line.saturating_add(run.len());
        if self.line > self.limits.event.saturating_sub(self.begun) {
            return Err(Exceeded);
        }
        let mut run = run;
        let position = self.position();
        if let State::Name(name) = &mut self.state {
            let colon = run.iter().position(|&byte| byte == b':');
            let (part, rest) = run.split_at_checked(colon.unwrap_or(run.len())).unwrap_or_default();
            name.push(part);
            let [_colon, rest @ ..] = rest else { return Ok(()) };
            let field = name.field(position);
            self.begin(field)?;
            self.state = State::AfterColon(field);
            run = rest;
        }
        if let (State::AfterColon(field), [first, rest @ ..]) = (&self.state, run) {
            self.state = State::Value(*field);
            if *first == b' ' {
                run = rest;
            }
        }
        match &self.state {
            State::Value(field) => self.append(*field, run),
            _ => Ok(()),
        }
    }

    /// Prepares for the value of a field, after the field's name was read.
    fn begin(&mut self, field: Field) -> Result<(), Exceeded> {
        match field {
            Field::Data => match &mut self.data {
                Some(data) => data.push(b"\n")?,
                None => self.data = Some(Value::new(self.limits.event)),
            },
            Field::Event => self.name.clear(),
            Field::Id => self.next_id.clear(),
            Field::Retry => self.next_retry = Milliseconds::default(),
            Field::Ignored => {}
        }
        Ok(())
    }

    fn append(&mut self, field: Field, run: &[u8]) -> Result<(), Exceeded> {
        match (field, &mut self.data) {
            (Field::Data, Some(data)) => data.push(run),
            (Field::Event, _) => self.name.push(run),
            (Field::Id, _) => self.next_id.push(run),
            (Field::Retry, _) => {
                self.next_retry.push(run);
                Ok(())
            }
            (Field::Data | Field::Ignored, _) => Ok(()),
        }
    }

    /// Completes a line. Returns the event that the line completes; `None` if the line completes no event.
    fn end_line(&mut self) -> Result<Option<Event>, Exceeded> {
        let field = match mem::replace(&mut self.state, State::Name(FieldName::default())) {
            State::Failed => return Err(Exceeded),
            State::AfterColon(field) | State::Value(field) => field,
            State::Name(name) if name.is_empty() => {
                self.lines += 1;
                self.parts += 1;
                return self.dispatch();
            }
            State::Name(name) => {
                let field = name.field(self.position());
                self.begin(field)?;
                field
            }
        };
        self.lines += 1;
        self.parts += u64::from(matches!(field, Field::Ignored | Field::Retry));
        let line = mem::take(&mut self.line);
        match field {
            Field::Data | Field::Event => self.begun += line,
            // The standard ignores an id with a NUL character, because ids are sent in a header, and a header cannot
            // hold this character.
            Field::Id if self.next_id.bytes().contains(&0) => {}
            Field::Id => self.id = Some(self.next_id.take_text()?.into()),
            Field::Retry => self.retry = self.next_retry.duration().or(self.retry),
            Field::Ignored => {}
        }
        Ok(None)
    }

    /// Completes the event at an empty line. Returns `None` if the event has no `data` line.
    fn dispatch(&mut self) -> Result<Option<Event>, Exceeded> {
        self.begun = 0;
        let name = self.name.take_text()?;
        let Some(mut data) = self.data.take() else { return Ok(None) };
        let name = if name.is_empty() { MESSAGE.to_string() } else { name };
        Ok(Some(Event { name, data: data.take_text()?, id: self.id.clone() }))
    }

    fn position(&self) -> Position {
        if self.lines == 0 { Position::First } else { Position::Later }
    }
}

impl fmt::Debug for Decoder {
    /// Writes the numbers of lines and of unfinished bytes, but not the content of the stream.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("lines", &self.lines)
            .field("unfinished", &self.unfinished())
            .finish_non_exhaustive()
    }
}
