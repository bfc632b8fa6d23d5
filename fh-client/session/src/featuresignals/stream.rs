//! The stream of changes. Its events carry no values, so that each of them, and each begin and end of a stream, leads to a poll.

use std::mem;
use std::time::Duration;

use fh_repository::problem::Problem;

use super::change_stream::Stream;
use super::config::Mode;
use super::state::FeatureSignals;
use crate::action::{Action, End, RequestKind, ResponseHead};
use crate::kernel::Kernel;
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

impl Kernel<FeatureSignals> {
    /// Opens a stream now, or as soon as the limit of the rate allows, if the client streams.
    pub(super) fn begin_stream(&mut self) {
        if !matches!(self.config.mode, Mode::Streaming(_)) || self.is_suspended {
            return;
        }
        if let Err(at) = self.admit() {
            self.own.stream = Stream::Due { at, earliest: at };
            return;
        }
        let url = self.config.endpoint.stream();
        let request = self.request(RequestKind::Stream, url, None);
        let request_id = self.next_request_id();
        let until = self.now.after(self.config.limits.head);
        self.own.stream = Stream::Connecting { request_id, until, sent: self.now };
        self.actions.push_back(Action::Send(request_id, request));
    }

    /// Ends the stream for as long as the client is suspended, or for good.
    pub(super) fn end_stream(&mut self) {
        self.actions.extend(self.own.stream.request_id().map(Action::Abort));
        self.own.stream = Stream::Closed;
        self.own.is_streaming = false;
    }

    pub(super) fn stream_tick(&mut self) {
        match &self.own.stream {
            Stream::Due { at, .. } if *at <= self.now => self.begin_stream(),
            Stream::Connecting { until, .. } if *until <= self.now => {
                self.end_stream();
                self.stream_refused(None);
            }
            // The stream has reached its lifetime.
            Stream::Open { until, .. } if *until <= self.now => {
                self.end_stream();
                self.own.stream_backoff.reset();
                self.own.is_streaming = true;
                self.begin_stream();
            }
            _ => {}
        }
    }

    pub(super) fn stream_opened(&mut self, head: &ResponseHead) {
        let Stream::Connecting { request_id, sent, .. } = self.own.stream else { return };
        match response_class(RequestKind::Stream, RequestCondition::Plainly, head) {
            ResponseClass::Features => {
                self.own.is_streaming = true;
                self.own.refusals = 0;
                self.own.was_noticed = false;
                if self.status.problem == Some(Problem::NoStreaming) {
                    self.status.problem = None;
                }
                let decoder = Decoder::new(SseLimits { event: EVENT });
                // The server's time limit counts from the request.
                let until = sent.after(self.config.stream_lifetime).max(self.now);
                self.own.stream = Stream::Open { request_id, until, decoder: Box::new(decoder) };
                self.poll_soon();
            }
            _ => {
                self.end_stream();
                self.stream_refused(retry_after(head));
            }
        }
    }

    pub(super) fn stream_bytes(&mut self, mut bytes: &[u8]) {
        let Stream::Open { decoder, .. } = &mut self.own.stream else { return };
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
        self.own.is_streaming = false;
        match mem::replace(&mut self.own.stream, Stream::Closed) {
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
        let delay = self.own.stream_backoff.after_drop(brief, backoff, &mut self.random);
        self.stream_after(delay, None);
        self.poll_soon();
    }

    fn stream_refused(&mut self, at_least: Option<Duration>) {
        self.own.refusals = self.own.refusals.saturating_add(1);
        if self.own.refusals < MOST_REFUSALS {
            self.stream_later(at_least);
            // The poll shows whether the server is away.
            return self.poll_soon();
        }
        self.stream_after(self.config.stream_again_after, at_least);
        self.note_refusals();
    }

    /// Opens a stream soon, and forgets that streams were refused, because the server was away.
    pub(super) fn stream_again(&mut self) {
        self.own.refusals = 0;
        if let Stream::Due { earliest, .. } = self.own.stream {
            self.own.stream_backoff.reset();
            self.own.stream = Stream::Due { at: earliest.max(self.now), earliest };
            self.stream_tick();
        }
    }

    fn stream_later(&mut self, at_least: Option<Duration>) {
        let backoff = &self.config.backoff;
        let delay = self.own.stream_backoff.next(backoff, backoff.cap, &mut self.random);
        self.stream_after(delay, at_least);
    }

    fn stream_after(&mut self, delay: Duration, at_least: Option<Duration>) {
        let earliest = self.now.after(at_least.unwrap_or_default());
        self.own.stream = Stream::Due { at: self.now.after(delay).max(earliest), earliest };
    }
}
