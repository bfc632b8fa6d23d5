//! The messages of a server.

use std::fmt;

use fh_eval::SharedText;
use fh_eval::internal::featbit::{Envelope, NoEnvelope};
use fh_eval::internal::{Listed, Shape, TOO_DENSE, Token};
use serde_json::value::RawValue;

/// A message of a server, or the body of a poll.
#[derive(Debug)]
pub enum Message<'a> {
    /// Flags and segments.
    Sync(Sync<'a>),
    /// The answer to a ping. The server answers in order.
    Pong,
    /// A message of another type, which changes nothing.
    Other,
}

/// The flags and segments of a message, which are not read yet.
#[derive(Debug)]
pub struct Sync<'a> {
    /// The text of the message; empty if the server has confirmed flags without a text.
    pub text: &'a SharedText,
    /// The meaning of the lists.
    pub event: Event,
    /// The flags.
    pub flags: Vec<&'a RawValue>,
    /// The segments.
    pub segments: Vec<&'a RawValue>,
    /// Number of further elements that can be neither flags nor segments.
    pub further: usize,
}

/// The meaning of the lists of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The lists are complete.
    Full,
    /// The lists hold what has changed.
    Patch,
}

/// The reason why a text is not read as a message.
#[derive(Debug)]
pub enum NoMessage {
    /// The text has so many small parts that reading it would take too much memory.
    TooDense,
    /// The text is no message.
    Malformed(String),
}

impl From<&str> for NoMessage {
    fn from(why: &str) -> Self {
        Self::Malformed(why.to_string())
    }
}

impl fmt::Display for NoMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDense => write!(f, "it has {TOO_DENSE}"),
            Self::Malformed(why) => f.write_str(why),
        }
    }
}

/// The text of a message, or the reason why its bytes are no text.
#[derive(Debug)]
pub struct MessageText(Result<SharedText, String>);

impl MessageText {
    /// Takes the bytes of a message.
    #[must_use]
    pub fn of(bytes: impl Into<Vec<u8>>) -> Self {
        let text = String::from_utf8(bytes.into()).map_err(|why| why.to_string());
        Self(text.map(|text| SharedText::of(text.into_boxed_str())))
    }

    /// Parses the message.
    ///
    /// # Errors
    /// Returns the reason if the bytes are no message.
    pub fn parse(&self) -> Result<Message<'_>, NoMessage> {
        self.0.as_ref().map_err(|why| NoMessage::Malformed(why.clone())).and_then(Message::parse)
    }
}

impl From<SharedText> for MessageText {
    fn from(text: SharedText) -> Self {
        Self(Ok(text))
    }
}

impl<'a> Message<'a> {
    /// Parses a message.
    ///
    /// # Errors
    /// Returns the reason if the text is no message.
    pub fn parse(text: &'a SharedText) -> Result<Self, NoMessage> {
        let envelope = Envelope::read(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(
            |why| match why {
                NoEnvelope::InvalidJson(why) => NoMessage::Malformed(why),
                NoEnvelope::NoObject => "the message is no object".into(),
                NoEnvelope::TooDense => NoMessage::TooDense,
            },
        )?;
        match envelope.message_type.map(Token::of) {
            Some(Token::Text(kind)) if kind == "data-sync" => {}
            Some(Token::Text(kind)) if kind == "pong" => return Ok(Self::Pong),
            _ => return Ok(Self::Other),
        }
        let data = envelope.data.into_value().ok_or("data-sync has no object `data`")?;
        let event = match data.event_type.map(Token::of) {
            Some(Token::Text(event)) if event == "full" => Event::Full,
            Some(Token::Text(event)) if event == "patch" => Event::Patch,
            _ => return Ok(Self::Other),
        };
        if data.user_key_id.is_some() {
            return Err("data-sync has the values of one user: use a server-side secret".into());
        }
        let list = |name: &str, list| match list {
            Shape::Is(list) => Ok(list),
            Shape::Absent if event == Event::Patch => Ok(Listed::default()),
            Shape::Absent => Err(format!("data-sync has no list `{name}`")),
            Shape::Null | Shape::Other => Err(format!("`{name}` of data-sync is no list")),
        };
        let flags = list("featureFlags", data.flags).map_err(NoMessage::Malformed)?;
        let segments = list("segments", data.segments).map_err(NoMessage::Malformed)?;
        Ok(Self::Sync(Sync {
            text,
            event,
            further: flags.further + segments.further,
            flags: flags.elements,
            segments: segments.elements,
        }))
    }
}
