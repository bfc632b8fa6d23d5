//! Server-sent events, decoded while their bytes arrive: the WHATWG event-stream format, of which FeatureHub uses a
//! part (edge-protocol 3.2).
//!
//! Bytes of a value go straight into the event under way, so there is no buffer for lines, every byte is looked at and
//! copied once however the stream is cut into chunks, and what is ignored (comments, unknown fields) is never stored.
//!
//! Differences from a browser: sizes are limited (D-74).

mod field;
mod value;

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crate::planted::planted;
use field::{Field, FieldName, Position};
use value::{Exceeded, Milliseconds, Value};

/// The name of an event that has none.
const MESSAGE: &str = "message";
/// An event's name and id have this limit of their own; real ones have some dozen bytes.
const NAME_LIMIT: usize = 64 * 1024;

/// How large the parts of a stream may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one event and of one line: those of all its `data` and `event` lines, complete or begun, and of
    /// whatever line is begun, without line ends. Default 16 MiB (D-74). Names and ids are also limited to 64 KiB.
    pub event: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { event: 16 * 1024 * 1024 }
    }
}

/// A complete event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What the event is called; `message` if the stream does not say.
    pub name: String,
    /// The values of its `data` lines, joined by line feeds.
    pub data: String,
    /// The last id that the stream has given, with this event or an earlier one.
    pub id: Option<Arc<str>>,
}

/// A line or event is larger than its limit, or an event's name or id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge {
    /// [`Limits::event`], also where it was a name or id.
    pub limit: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, names) = (self.limit, self.limit.min(NAME_LIMIT));
        write!(
            f,
            "a line or event of the stream is larger than {limit} bytes, or a name or id than {names}"
        )
    }
}

impl std::error::Error for TooLarge {}

/// Decodes one response body.
///
/// An event that is unfinished when the body ends is dropped with the decoder. Invalid UTF-8 becomes U+FFFD.
///
/// The decoder holds at most the limit, and a few times 64 KiB if names and ids are that long; up to twice as much for
/// the moment in which a buffer grows or invalid UTF-8 is replaced. A complete event takes its buffers with it.
///
/// ```
/// use fh_session::sse::{Decoder, Limits, TooLarge};
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
    /// A line feed that comes next belongs to the carriage return before it.
    after_cr: bool,
    /// Bytes of the line under way.
    line: usize,
    /// Bytes of the complete lines that belong to the event under way.
    begun: usize,
    name: Value,
    /// `None` until the event has a `data` line: such events are not dispatched.
    data: Option<Value>,
    next_id: Value,
    id: Option<Arc<str>>,
    next_retry: Milliseconds,
    retry: Option<Duration>,
    lines: u64,
}

/// Where in a line the next byte stands.
enum State {
    /// At its start or in the field's name.
    Name(FieldName),
    /// Just after the colon: one space is skipped.
    AfterColon(Field),
    Value(Field),
    Failed,
}

impl Decoder {
    /// A decoder at the start of a stream.
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
        }
    }

    /// Takes bytes off the front of `bytes` until an event is complete, or all of them if none becomes so. Call it
    /// again until it answers `None`: the rest of the chunk may hold more events. Nothing is queued.
    ///
    /// # Errors
    ///
    /// The stream exceeds a limit. The decoder then holds nothing any more and answers every call with the same error.
    pub fn decode(&mut self, bytes: &mut &[u8]) -> Result<Option<Event>, TooLarge> {
        self.advance(bytes).map_err(|Exceeded| {
            *self = Self {
                state: State::Failed,
                lines: self.lines,
                retry: self.retry,
                ..Self::new(self.limits)
            };
            TooLarge { limit: self.limits.event }
        })
    }

    /// The last `retry` that the stream has given, as given. What is made of it is the reader's affair (D-75).
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Complete lines so far, comments and empty lines too: each is a sign of life (D-74).
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Bytes that have arrived of a line or event that is begun but not complete, without line ends. Complete
    /// comments, `id` and `retry` lines begin no event. 0 after an error.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.begun + self.line
    }

    /// Is a line complete that belongs to an event that is not? If none is, what is [unfinished](Self::unfinished) came after the last
    /// complete line.
    #[must_use]
    pub fn is_within_event(&self) -> bool {
        self.begun > 0
    }

    /// A bug to be planted: what was at the end of the chunk before is not known any more.
    #[cfg(planted_bugs)]
    pub(crate) fn forget_carriage_return(&mut self) {
        self.after_cr = false;
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

    /// Bytes of one line, none of them its end.
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

    /// At the end of a field's name.
    fn begin(&mut self, field: Field) -> Result<(), Exceeded> {
        match field {
            Field::Data => match &mut self.data {
                Some(data) if planted!(LastDataLineCounts) => data.clear(),
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

    fn end_line(&mut self) -> Result<Option<Event>, Exceeded> {
        let field = match mem::replace(&mut self.state, State::Name(FieldName::default())) {
            State::Failed => return Err(Exceeded),
            State::AfterColon(field) | State::Value(field) => field,
            State::Name(name) if name.is_empty() => {
                self.lines += 1;
                return self.dispatch();
            }
            State::Name(name) => {
                let field = name.field(self.position());
                self.begin(field)?;
                field
            }
        };
        self.lines += 1;
        let line = mem::take(&mut self.line);
        match field {
            Field::Data | Field::Event => self.begun += line,
            // An id is made to be sent in a header, which cannot hold a NUL.
            Field::Id if self.next_id.bytes().contains(&0) => {}
            Field::Id => self.id = Some(self.next_id.take_text()?.into()),
            Field::Retry => self.retry = self.next_retry.duration().or(self.retry),
            Field::Ignored => {}
        }
        Ok(None)
    }

    /// At an empty line.
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
    /// Without the stream's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("lines", &self.lines)
            .field("unfinished", &self.unfinished())
            .finish_non_exhaustive()
    }
}
