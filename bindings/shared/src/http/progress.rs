//! The state of an exchange, without threads: what the platform has reported, and what the client has read.

use std::collections::VecDeque;

use fh_client::transport::{Bytes, ResponseHead, TransportError};

/// The largest piece that the client gets at once, in bytes. Larger pieces are split.
const PIECE: usize = 64 * 1024;
/// The number of bytes that may wait for the client. The platform's thread then waits.
pub(super) const MOST_WAITING: usize = 256 * 1024;

/// The state of an exchange.
#[derive(Default)]
pub(super) struct Progress {
    head: Head,
    pieces: VecDeque<Bytes>,
    waiting: usize,
    end: Option<Result<(), TransportError>>,
    /// True once the client has dropped its side.
    pub(super) is_cancelled: bool,
}

#[derive(Default)]
enum Head {
    #[default]
    Awaited,
    Here(ResponseHead),
    Taken,
}

/// A report that came out of order. The client ignores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ignored {
    SecondHead,
    PieceBeforeHead,
    EndBeforeHead,
    AfterTheEnd,
}

impl Ignored {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SecondHead => "a second head",
            Self::PieceBeforeHead => "a piece of a body before the head",
            Self::EndBeforeHead => "the end of a body before the head",
            Self::AfterTheEnd => "a report after the end",
        }
    }
}

/// What the client can read next.
pub(super) enum Arrival<T> {
    Awaited,
    Here(T),
    Over(Result<(), TransportError>),
}

impl Progress {
    fn has_head(&self) -> bool {
        !matches!(self.head, Head::Awaited)
    }

    pub(super) fn head(&mut self, head: ResponseHead) -> Result<(), Ignored> {
        if self.end.is_some() {
            return Err(Ignored::AfterTheEnd);
        }
        if self.has_head() {
            return Err(Ignored::SecondHead);
        }
        self.head = Head::Here(head);
        Ok(())
    }

    /// Adds a piece of the body, in parts of at most [`PIECE`] bytes.
    pub(super) fn piece(&mut self, mut bytes: Bytes) -> Result<(), Ignored> {
        if self.end.is_some() {
            return Err(Ignored::AfterTheEnd);
        }
        if !self.has_head() {
            return Err(Ignored::PieceBeforeHead);
        }
        self.waiting += bytes.len();
        while !bytes.is_empty() {
            let part = bytes.split_to(bytes.len().min(PIECE));
            self.pieces.push_back(part);
        }
        Ok(())
    }

    pub(super) fn end(&mut self, outcome: Result<(), TransportError>) -> Result<(), Ignored> {
        if self.end.is_some() {
            return Err(Ignored::AfterTheEnd);
        }
        if outcome.is_ok() && !self.has_head() {
            return Err(Ignored::EndBeforeHead);
        }
        self.end = Some(outcome);
        Ok(())
    }

    /// Returns true if the platform's thread must wait before it adds more.
    pub(super) const fn is_full(&self) -> bool {
        self.waiting >= MOST_WAITING && !self.is_cancelled
    }

    pub(super) const fn is_over(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn take_head(&mut self) -> Arrival<ResponseHead> {
        match std::mem::replace(&mut self.head, Head::Taken) {
            Head::Here(head) => return Arrival::Here(head),
            Head::Awaited => self.head = Head::Awaited,
            Head::Taken => {}
        }
        self.end.take().map_or(Arrival::Awaited, Arrival::Over)
    }

    pub(super) fn take_piece(&mut self) -> Arrival<Bytes> {
        if let Some(piece) = self.pieces.pop_front() {
            self.waiting -= piece.len();
            return Arrival::Here(piece);
        }
        self.end.clone().map_or(Arrival::Awaited, Arrival::Over)
    }
}
