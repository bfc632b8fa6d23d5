//! The direction from a client to its server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::Memory;
use super::message::Message;
use super::rewrite::Rewrite;

/// Maximum number of bytes of a head and of a body that a rewrite sees. Longer ones pass unchanged.
const LIMIT: usize = 1 << 20;

/// The requests of a connection whose answers have not begun.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending(Arc<Mutex<VecDeque<Asked>>>);

/// A request whose answer is still to come.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    /// A request of the client.
    ByClient(Message),
    /// A request of the rewrite. The client gets no answer to it.
    ByRewrite,
}

impl Pending {
    fn open(&self) -> MutexGuard<'_, VecDeque<Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the request to which the next answer belongs. A request that is not HTTP/1.1 is empty.
    pub(super) fn next(&self) -> Asked {
        self.open().pop_front().unwrap_or_else(|| Asked::ByClient(Message::default()))
    }
}

#[derive(Debug)]
enum State {
    /// A head follows, or a message that a rewrite sees completely.
    Head,
    /// This many bytes of a body pass unchanged.
    Body(usize),
    /// Everything passes unchanged.
    Raw,
}

/// Parses and rewrites the requests of one connection.
#[derive(Debug)]
pub(super) struct RequestSide {
    rewrite: &'static Rewrite,
    memory: Arc<Memory>,
    pending: Pending,
    state: State,
    received: Vec<u8>,
}

impl RequestSide {
    pub(super) fn new(rewrite: &'static Rewrite, memory: Arc<Memory>, pending: Pending) -> Self {
        Self { rewrite, memory, pending, state: State::Head, received: Vec::new() }
    }

    /// Takes bytes of the client and returns those for the server.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.received.extend_from_slice(bytes);
        let mut out = Vec::new();
        while !self.received.is_empty() {
            match self.state {
                State::Raw => out.append(&mut self.received),
                State::Body(left) => {
                    let count = left.min(self.received.len());
                    out.extend(self.received.drain(..count));
                    self.state = match left - count {
                        0 => State::Head,
                        left => State::Body(left),
                    };
                }
                State::Head => match self.message() {
                    Some(bytes) => out.extend(bytes),
                    None if matches!(self.state, State::Head) => break,
                    None => {}
                },
            }
        }
        out
    }

    /// Returns the bytes that are held back when the client ends its direction.
    pub(super) fn end(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.received)
    }

    /// Returns the next request as the server gets it, or `None` if it is not complete.
    fn message(&mut self) -> Option<Vec<u8>> {
        let is_http = self.received.first().is_some_and(u8::is_ascii_uppercase);
        let end = self.received.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        let Some(end) = end.filter(|_| is_http) else {
            if !is_http || self.received.len() > LIMIT {
                self.state = State::Raw;
            }
            return None;
        };
        let Some(mut request) = self.received.get(..end).and_then(Message::parse) else {
            self.state = State::Raw;
            return None;
        };
        let length = match request.get("content-length").map(str::parse::<usize>) {
            None => 0,
            Some(Ok(length)) => length,
            Some(Err(_)) => return self.passed(end, request, State::Raw),
        };
        if request.get("transfer-encoding").is_some() {
            return self.passed(end, request, State::Raw);
        }
        // The server must see the head before the client sends such a body.
        if length > LIMIT || request.get("expect").is_some() {
            let next = if length == 0 { State::Head } else { State::Body(length) };
            return self.passed(end, request, next);
        }
        if self.received.len() < end + length {
            return None;
        }
        let original: Vec<u8> = self.received.drain(..end + length).collect();
        request.body = original.get(end..).map(<[u8]>::to_vec);
        let requests = (self.rewrite.hooks.request)(&request, &self.memory);
        let mut pending = self.pending.open();
        pending.extend(requests.iter().skip(1).map(|_| Asked::ByRewrite));
        pending.push_back(Asked::ByClient(request.clone()));
        if requests.as_slice() == [request] {
            return Some(original);
        }
        Some(requests.iter().flat_map(Message::to_bytes).collect())
    }

    /// Passes a head unchanged.
    fn passed(&mut self, end: usize, request: Message, next: State) -> Option<Vec<u8>> {
        self.state = next;
        self.pending.open().push_back(Asked::ByClient(request));
        Some(self.received.drain(..end).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::rewrite::NOTHING;
    use super::*;

    fn side() -> RequestSide {
        RequestSide::new(&NOTHING, Arc::default(), Pending::default())
    }

    #[test]
    fn requests_pass_as_they_are_however_they_arrive() {
        let bytes =
            b"PUT /features/e/k/A HTTP/1.1\r\ncontent-length:  2\r\n\r\n{}GET / HTTP/1.1\r\n\r\n";
        let mut side = side();
        let out: Vec<u8> = bytes.iter().flat_map(|byte| side.take(&[*byte])).collect();
        assert_eq!(out, bytes);
        let Asked::ByClient(put) = side.pending.next() else { panic!("not by the client") };
        assert_eq!((put.method(), put.body.as_deref()), ("PUT", Some(&b"{}"[..])));
        let Asked::ByClient(get) = side.pending.next() else { panic!("not by the client") };
        assert_eq!(get.target(), "/");
    }

    #[test]
    fn what_a_rewrite_cannot_see_passes_at_once() {
        for bytes in [
            &b"\x16\x03\x01"[..],
            b"GET /features\r\n\r\n",
            b"PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz",
            b"PUT / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
            b"PUT / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n{",
            b"PUT / HTTP/1.1\r\ncontent-length: 2000000\r\n\r\n{",
        ] {
            assert_eq!(side().take(bytes), bytes, "{bytes:?}");
        }
        let mut half = side();
        assert_eq!(half.take(b"GET / HT"), b"");
        assert_eq!(half.end(), b"GET / HT");
    }
}
