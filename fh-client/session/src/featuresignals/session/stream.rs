//! The stream of changes. Its events carry no values, so that each of them, and each begin and end of a stream, leads to a poll.

use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::time::Millis;

use super::Session;
use crate::action::{Action, End, RequestId, RequestKind, ResponseHead};
use crate::featuresignals::config::Mode;
use crate::response_class::{
    RequestCondition, ResponseClass, end_problem, response_class, retry_after,
};
use crate::sse::{Decoder, Limits as SseLimits};

/// Number of streams in a row that are refused, after which the client only polls for a time.
pub(super) const MOST_REFUSALS: u8 = 3;
/// The name of the event that announces a change.
const CHANGE: &str = "flag-update";
/// Maximum size of an event in bytes. Real events have some hundred bytes.
const EVENT: usize = 64 * 1024;

/// The stream of a client.
pub(super) enum Stream {
    /// The client has no stream, and waits for none.
    Closed,
    Due {
        at: Millis,
        /// The end of the delay that the server has asked for.
        earliest: Millis,
    },
    Connecting {
        request_id: RequestId,
        until: Millis,
        sent: Millis,
    },
    Open {
        request_id: RequestId,
        /// The time at which the client replaces the stream.
        until: Millis,
        decoder: Box<Decoder>,
    },
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Closed => "Closed",
            Self::Due { .. } => "Due",
            Self::Connecting { .. } => "Connecting",
            Self::Open { .. } => "Open",
        })
    }
}

impl Stream {
    /// Returns true if this is the request of the stream.
    pub(super) fn is(&self, id: RequestId) -> bool {
        self.request_id() == Some(id)
    }

    const fn request_id(&self) -> Option<RequestId> {
        match self {
            Self::Connecting { request_id, .. } | Self::Open { request_id, .. } => {
                Some(*request_id)
            }
            Self::Closed | Self::Due { .. } => None,
        }
    }

    pub(super) const fn deadline(&self) -> Option<Millis> {
        match self {
            Self::Closed => None,
            Self::Due { at, .. }
            | Self::Connecting { until: at, .. }
            | Self::Open { until: at, .. } => Some(*at),
        }
    }
}

impl Session {
    /// Opens a stream now, or as soon as the limit of the rate allows, if the client streams.
    pub(super) fn begin_stream(&mut self) {
        if !matches!(self.config.mode, Mode::Streaming(_)) || self.is_suspended {
            return;
        }
        if let Err(at) = self.admit() {
            self.stream = Stream::Due { at, earliest: at };
            return;
        }
        let url = self.config.endpoint.stream();
        let request = self.request(RequestKind::Stream, url, None);
        let request_id = self.next_request_id();
        let until = self.now.after(self.config.limits.head);
        self.stream = Stream::Connecting { request_id, until, sent: self.now };
        self.actions.push_back(Action::Send(request_id, request));
    }

    /// Ends the stream for as long as the client is suspended, or for good.
    pub(super) fn end_stream(&mut self) {
        self.actions.extend(self.stream.request_id().map(Action::Abort));
        self.stream = Stream::Closed;
        self.is_streaming = false;
    }

    pub(super) fn stream_tick(&mut self) {
        match &self.stream {
            Stream::Due { at, .. } if *at <= self.now => self.begin_stream(),
            Stream::Connecting { until, .. } if *until <= self.now => {
                self.end_stream();
                self.stream_refused(None);
            }
            // The stream has reached its lifetime.
            Stream::Open { until, .. } if *until <= self.now => {
                self.end_stream();
                self.stream_backoff.reset();
                self.is_streaming = true;
                self.begin_stream();
            }
            _ => {}
        }
    }

    pub(super) fn stream_opened(&mut self, head: &ResponseHead) {
        let Stream::Connecting { request_id, sent, .. } = self.stream else { return };
        match response_class(RequestKind::Stream, RequestCondition::Plainly, head) {
            ResponseClass::Features => {
                self.is_streaming = true;
                self.refusals = 0;
                self.was_noticed = false;
                if self.status.problem == Some(Problem::NoStreaming) {
                    self.status.problem = None;
                }
                let decoder = Decoder::new(SseLimits { event: EVENT });
                // The server's time limit counts from the request.
                let until = sent.after(self.config.stream_lifetime).max(self.now);
                self.stream = Stream::Open { request_id, until, decoder: Box::new(decoder) };
                self.poll_soon();
            }
            _ => {
                self.end_stream();
                self.stream_refused(retry_after(head));
            }
        }
    }

    pub(super) fn stream_bytes(&mut self, mut bytes: &[u8]) {
        let Stream::Open { decoder, .. } = &mut self.stream else { return };
        let mut has_changed = false;
        loop {
            match decoder.decode(&mut bytes) {
                Ok(Some(event)) => has_changed |= event.name == CHANGE,
                Ok(None) => break,
                Err(_) => {
                    self.end_stream();
                    self.stream_lost();
                    return;
                }
            }
        }
        if has_changed {
            self.poll_soon();
        }
    }

    pub(super) fn stream_closed(&mut self, end: End<'_>) {
        self.is_streaming = false;
        match std::mem::replace(&mut self.stream, Stream::Closed) {
            Stream::Open { .. } => self.stream_lost(),
            // A server that cannot be reached refuses nothing. The polls report it.
            _ => match end_problem(end, EVENT) {
                Some(_) => self.stream_later(None),
                None => self.stream_refused(None),
            },
        }
    }

    /// Handles the end of an open stream, on which changes may have been lost.
    fn stream_lost(&mut self) {
        let (brief, backoff) = (&self.config.return_within, &self.config.backoff);
        let delay = self.stream_backoff.after_drop(brief, backoff, &mut self.random);
        self.stream_after(delay, None);
        self.poll_soon();
    }

    fn stream_refused(&mut self, at_least: Option<Duration>) {
        self.refusals = self.refusals.saturating_add(1);
        if self.refusals < MOST_REFUSALS {
            self.stream_later(at_least);
            // The poll shows whether the server is away.
            return self.poll_soon();
        }
        self.stream_after(self.config.stream_again_after, at_least);
        self.note_refusals();
    }

    /// Opens a stream soon, and forgets that streams were refused, because the server was away.
    pub(super) fn stream_again(&mut self) {
        self.refusals = 0;
        if let Stream::Due { earliest, .. } = self.stream {
            self.stream_backoff.reset();
            self.stream = Stream::Due { at: earliest.max(self.now), earliest };
            self.stream_tick();
        }
    }

    fn stream_later(&mut self, at_least: Option<Duration>) {
        let backoff = &self.config.backoff;
        let delay = self.stream_backoff.next(backoff, backoff.cap, &mut self.random);
        self.stream_after(delay, at_least);
    }

    fn stream_after(&mut self, delay: Duration, at_least: Option<Duration>) {
        let earliest = self.now.after(at_least.unwrap_or_default());
        self.stream = Stream::Due { at: self.now.after(delay).max(earliest), earliest };
    }
}
