//! The direction from a server to its client.

use std::sync::Arc;

use super::chunk::{Chunk, to_chunk};
use super::event::Event;
use super::memory::{Memory, StreamMemory};
use super::message::Message;
use super::request_side::{Asked, Pending};
use super::rewrite::{Rewrite, StreamEnd};

#[derive(Debug)]
enum State {
    /// A head follows.
    Head,
    /// A complete answer with this head follows: its request, and the number of bytes of the head.
    Answer(Asked, Message, usize),
    /// Chunks with events follow, as answers to this request.
    Events(Message),
    /// Everything passes unchanged.
    Raw,
    /// Nothing passes any more.
    Mute,
}

/// What the proxy does with the client's connection after it sent what passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Go on.
    GoOn,
    /// Close the connection.
    Close,
    /// Leave the connection open, whatever the server does.
    StayOpen,
}

/// Parses and rewrites the answers of one connection.
#[derive(Debug)]
pub(super) struct AnswerSide {
    rewrite: &'static Rewrite,
    memory: Arc<Memory>,
    pending: Pending,
    state: State,
    received: Vec<u8>,
    /// The decoded bytes of a stream that are not a complete event yet.
    text: Vec<u8>,
    stream: StreamMemory,
    pub(super) next: Next,
}

impl AnswerSide {
    pub(super) fn new(rewrite: &'static Rewrite, memory: Arc<Memory>, pending: Pending) -> Self {
        let (received, text, stream) = (Vec::new(), Vec::new(), StreamMemory::default());
        let (state, next) = (State::Head, Next::GoOn);
        Self { rewrite, memory, pending, state, received, text, stream, next }
    }

    /// Takes bytes of the server and returns those for the client.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.received.extend_from_slice(bytes);
        let mut out = Vec::new();
        loop {
            let passed = match std::mem::replace(&mut self.state, State::Mute) {
                State::Mute => {
                    self.received.clear();
                    return out;
                }
                State::Raw => {
                    self.state = State::Raw;
                    out.append(&mut self.received);
                    return out;
                }
                State::Head => self.head(),
                State::Answer(asked, head, length) => self.answer(asked, head, length),
                State::Events(asked) => self.events(asked),
            };
            match passed {
                Some(bytes) => out.extend(bytes),
                None => return out,
            }
        }
    }

    /// Returns the bytes that the client gets when the server closes the connection.
    pub(super) fn end(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.state, State::Mute) {
            // The body is everything until the end of the connection.
            State::Answer(Asked::ByClient(asked), mut head, length) if is_until_closed(&head) => {
                let original = std::mem::take(&mut self.received);
                head.body = original.get(length..).map(<[u8]>::to_vec);
                self.rewritten(&asked, head, original)
            }
            _ => std::mem::take(&mut self.received),
        }
    }

    /// Reads a head. Returns `None` if it is not complete.
    fn head(&mut self) -> Option<Vec<u8>> {
        let end = self.received.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        let Some(end) = end else {
            self.state = State::Head;
            return None;
        };
        let Some(head) = self.received.get(..end).and_then(Message::parse) else {
            self.state = State::Raw;
            return Some(Vec::new());
        };
        if head.status() < 200 {
            self.state = State::Head;
            return Some(self.received.drain(..end).collect());
        }
        let asked = self.pending.next();
        match asked {
            Asked::ByClient(asked) if head.is_stream() => Some(self.opened(asked, head, end)),
            asked => {
                self.state = State::Answer(asked, head, end);
                Some(Vec::new())
            }
        }
    }

    /// Begins a stream, or the answer that the rewrite makes of it.
    fn opened(&mut self, asked: Message, mut head: Message, end: usize) -> Vec<u8> {
        let original: Vec<u8> = self.received.drain(..end).collect();
        head.body = None;
        let before = head.clone();
        (self.rewrite.hooks.answer)(&asked, &mut head, &self.memory);
        self.stream = StreamMemory { stream: self.memory.next(), ..StreamMemory::default() };
        if head.body.is_some() {
            self.next = Next::Close;
            return head.to_bytes();
        }
        self.state = State::Events(asked);
        if head == before { original } else { head.to_bytes() }
    }

    /// Reads the body of an answer. Returns `None` if it is not complete.
    fn answer(&mut self, asked: Asked, mut head: Message, length: usize) -> Option<Vec<u8>> {
        let is_head = matches!(&asked, Asked::ByClient(request) if request.method() == "HEAD");
        let rest = self.received.get(length..).unwrap_or_default();
        let complete = if is_head || [204, 304].contains(&head.status()) {
            Some((0, Vec::new()))
        } else if head.get("transfer-encoding").is_some() {
            Chunk::body(rest)
        } else {
            let wanted = head.get("content-length").and_then(|value| value.parse::<usize>().ok());
            wanted.and_then(|wanted| Some((wanted, rest.get(..wanted)?.to_vec())))
        };
        let Some((size, body)) = complete else {
            self.state = State::Answer(asked, head, length);
            return None;
        };
        self.state = State::Head;
        let original: Vec<u8> = self.received.drain(..length + size).collect();
        let Asked::ByClient(asked) = asked else { return Some(Vec::new()) };
        head.body = Some(body);
        Some(self.rewritten(&asked, head, original))
    }

    fn rewritten(&self, asked: &Message, answer: Message, original: Vec<u8>) -> Vec<u8> {
        let mut changed = answer.clone();
        (self.rewrite.hooks.answer)(asked, &mut changed, &self.memory);
        if changed == answer { original } else { changed.to_bytes() }
    }

    /// Reads a chunk of a stream. Returns `None` if it is not complete.
    fn events(&mut self, asked: Message) -> Option<Vec<u8>> {
        let (chunk, size) = match Chunk::first(&self.received) {
            Some(Ok(first)) => first,
            Some(Err(_)) => {
                self.state = State::Raw;
                return Some(Vec::new());
            }
            None => {
                self.state = State::Events(asked);
                return None;
            }
        };
        self.received.drain(..size);
        let Chunk::Data(bytes) = chunk else { return Some(self.ended()) };
        self.text.extend(bytes);
        let mut out = Vec::new();
        while let Some(at) = self.text.windows(2).position(|two| two == b"\n\n") {
            let text: Vec<u8> = self.text.drain(..at + 2).collect();
            let event = Event::parse(String::from_utf8_lossy(&text).trim_end_matches('\n'));
            self.stream.updates += u64::from(event.name().ends_with("feature"));
            let events = (self.rewrite.hooks.event)(&asked, event, &mut self.stream, &self.memory);
            out.extend(events.iter().flat_map(|event| to_chunk(event.to_text().as_bytes())));
        }
        self.state = State::Events(asked);
        Some(out)
    }

    /// Ends a stream.
    fn ended(&mut self) -> Vec<u8> {
        match self.rewrite.hooks.end {
            StreamEnd::Proper => {
                self.state = State::Head;
                to_chunk(b"")
            }
            StreamEnd::Cut => {
                self.next = Next::Close;
                Vec::new()
            }
            StreamEnd::Never => {
                self.next = Next::StayOpen;
                Vec::new()
            }
        }
    }
}

fn is_until_closed(head: &Message) -> bool {
    head.get("content-length").is_none() && head.get("transfer-encoding").is_none()
}

#[cfg(test)]
mod tests {
    use super::super::rewrite::{NONE, NOTHING};
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]";
    const STREAM: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
        c\r\nevent: ack\n\n\r\n0\r\n\r\n";

    fn side(rewrite: &'static Rewrite) -> AnswerSide {
        AnswerSide::new(rewrite, Arc::default(), Pending::default())
    }

    #[test]
    fn answers_pass_as_they_are_however_they_arrive() {
        for bytes in [ANSWER, STREAM, b"HTTP/1.1 304 Not Modified\r\n\r\n"] {
            let (mut whole, mut single) = (side(&NOTHING), side(&NOTHING));
            assert_eq!(whole.take(bytes), bytes);
            let out: Vec<u8> = bytes.iter().flat_map(|byte| single.take(&[*byte])).collect();
            assert_eq!(out, bytes);
        }
        let mut open = side(&NOTHING);
        assert_eq!(open.take(b"HTTP/1.1 400 Bad\r\n\r\nwhy"), b"");
        assert_eq!(open.end(), b"HTTP/1.1 400 Bad\r\n\r\nwhy");
    }

    #[test]
    fn a_rewrite_changes_answers_and_ends_of_streams() {
        static CUT: Rewrite = Rewrite {
            hooks: super::super::rewrite::Hooks {
                answer: |_, answer, _| answer.set_status(204),
                end: StreamEnd::Cut,
                ..NONE
            },
            ..NOTHING
        };
        assert!(side(&CUT).take(ANSWER).starts_with(b"HTTP/1.1 204 Rewritten\r\n"));
        let mut cut = side(&CUT);
        assert!(cut.take(STREAM).ends_with(b"c\r\nevent: ack\n\n\r\n"));
        assert_eq!(cut.next, Next::Close);
    }
}
