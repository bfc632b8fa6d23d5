//! Handles responses: their heads, the bodies of polls, and the ends of requests.

use std::mem;

use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::time::Millis;

use super::access::Access;
use super::stream::Stream;
use super::update::PollOutcome;
use super::{Session, State};
use crate::action::{Action, End, RequestId, RequestKind, ResponseHead};
use crate::response_class::{ResponseClass, end_problem, max_age, response_class, retry_after};

/// The part of a poll's body that has arrived so far.
pub(super) struct Body {
    pub(super) request_id: RequestId,
    pub(super) until: Millis,
    bytes: Vec<u8>,
    etag: Option<String>,
    /// True if the Edge wants no further requests (status 236).
    last: bool,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body")
            .field("request_id", &self.request_id)
            .field("until", &self.until)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Maximum number of redirects in a row. If a request has one more redirect, it fails with [`Problem::Redirect`].
const MOST_HOPS: u8 = 5;
/// Number of answers to stream requests with a wrong content type, without another answer in between, after which the client polls instead.
const MOST_WRONG_TYPES: u8 = 3;

impl Session {
    pub(super) fn opened(&mut self, request_id: RequestId, head: &ResponseHead) {
        if !self.is_live(request_id) {
            return;
        }
        let State::Connecting { request_id: live, kind, asked, poll_until, .. } = &self.state
        else {
            return;
        };
        let (request_id, kind, poll_until) = (*live, *kind, *poll_until);
        let response_class = response_class(kind, *asked, head);
        self.last_contact = Some(self.now);
        let last = response_class == ResponseClass::LastFeatures;
        if last || matches!(response_class, ResponseClass::Features | ResponseClass::Unchanged) {
            self.interval_asked_for(kind, head);
        }
        if kind == RequestKind::Stream {
            self.count_wrong_types(&response_class);
        }
        match (response_class, kind) {
            (ResponseClass::Features | ResponseClass::LastFeatures, RequestKind::Stream) => {
                let limit = self.config.limits.bytes;
                self.state =
                    State::Streaming(Box::new(Stream::new(request_id, self.now, limit, last)));
            }
            (ResponseClass::Features | ResponseClass::LastFeatures, RequestKind::Poll) => {
                let etag = head.get("etag").map(str::to_string);
                let bytes = Vec::new();
                self.state =
                    State::Fetching(Body { request_id, until: poll_until, bytes, etag, last });
            }
            (ResponseClass::Unchanged, _) => {
                self.give_up();
                self.unchanged();
            }
            (ResponseClass::Redirect, _) => {
                self.give_up();
                self.redirected(kind, head);
            }
            (ResponseClass::Refused(problem), _) => {
                self.give_up();
                self.refuse(problem, retry_after(head));
            }
            (ResponseClass::NoStreaming, _) => {
                self.give_up();
                self.cannot_stream();
            }
            (ResponseClass::Trouble(Problem::ContentType(found)), RequestKind::Stream) => {
                self.give_up();
                if self.wrong_types >= MOST_WRONG_TYPES {
                    self.cannot_stream();
                } else {
                    self.trouble(Problem::ContentType(found), None);
                }
            }
            (ResponseClass::Trouble(problem), _) => {
                self.give_up();
                self.trouble(problem, retry_after(head));
            }
        }
    }

    /// Counts the consecutive answers to stream requests that have a wrong content type. A redirect that the client follows is not an
    /// answer.
    fn count_wrong_types(&mut self, response_class: &ResponseClass) {
        self.wrong_types = match response_class {
            ResponseClass::Trouble(Problem::ContentType(_)) => self.wrong_types.saturating_add(1),
            ResponseClass::Redirect => self.wrong_types,
            _ => 0,
        };
    }

    /// Uses the interval that a poll's response requests. Without a request, restores the client's own interval, so that one wrong response,
    /// such as that of a proxy, does not slow the client down for good.
    fn interval_asked_for(&mut self, kind: RequestKind, head: &ResponseHead) {
        if kind == RequestKind::Poll {
            self.interval = max_age(head).unwrap_or_else(|| self.own_interval());
        }
    }

    fn redirected(&mut self, kind: RequestKind, head: &ResponseHead) {
        self.hops += 1;
        let from = self.last_url.take();
        let target =
            head.get("location").zip(from).and_then(|(location, from)| from.redirected(location));
        match target.filter(|_| self.hops <= MOST_HOPS) {
            Some(target) => self.connect_to(Some((kind, target))),
            None => {
                if kind == RequestKind::Stream {
                    self.wrong_types = 0;
                }
                self.trouble(Problem::Redirect, None);
            }
        }
    }

    pub(super) fn bytes(&mut self, request_id: RequestId, bytes: &[u8]) {
        if !self.is_live(request_id) {
            return;
        }
        self.last_contact = Some(self.now);
        match &mut self.state {
            State::Fetching(body) => {
                let limit = self.config.limits.bytes;
                if body.bytes.len().saturating_add(bytes.len()) > limit {
                    self.give_up();
                    self.trouble(Problem::TooLarge(limit), None);
                } else {
                    body.bytes.extend_from_slice(bytes);
                }
            }
            State::Streaming(_) => self.stream_bytes(bytes),
            _ => {}
        }
    }

    pub(super) fn closed(&mut self, request_id: RequestId, end: End<'_>) {
        if !self.is_live(request_id) {
            return;
        }
        let broken = end_problem(end, self.config.limits.bytes);
        match mem::replace(&mut self.state, State::Idle) {
            State::Connecting { .. } => {
                let without =
                    || Problem::Unreachable("the connection closed without a response".to_string());
                self.trouble(broken.unwrap_or_else(without), None);
            }
            State::Streaming(stream) => self.stream_closed(&stream, broken),
            State::Fetching(body) => match broken {
                Some(problem) => self.trouble(problem, None),
                None => self.fetched(body),
            },
            other => self.state = other,
        }
    }

    fn fetched(&mut self, body: Body) {
        let applied = match std::str::from_utf8(&body.bytes) {
            Ok(text) => self.apply_answer(text),
            Err(why) => Err(Problem::Malformed(why.to_string())),
        };
        match applied {
            Err(problem) => self.trouble(problem, None),
            Ok(PollOutcome { doubt, is_whole }) => {
                self.etag = body.etag.filter(|_| is_whole);
                if body.last {
                    self.good(doubt);
                    self.halt_stale();
                } else {
                    self.answered(doubt);
                }
            }
        }
    }

    /// Handles status 304: the features that the client holds are still current.
    fn unchanged(&mut self) {
        self.access = Access::Granted;
        self.status.updated = Some(self.now);
        self.answered(None);
    }

    /// Starts polling because the Edge cannot stream.
    fn cannot_stream(&mut self) {
        if self.poll_until.is_none() {
            self.actions.push_back(Action::Notice(Notice::FellBackToPolling));
        }
        self.held_streams = 0;
        self.fall_back(Problem::NoStreaming);
    }
}
