//! Handles responses: their heads, the bodies of polls, and the ends of requests.

use fh_eval::SharedText;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;

use super::access::Access;
use super::open_stream::Stream;
use super::state::{Answer, FeatureHub, Purpose};
use super::update::PollOutcome;
use crate::action::{RequestId, RequestKind, ResponseHead};
use crate::kernel::{Body, Kernel, State};
use crate::response_class::{ResponseClass, max_age, response_class, retry_after};

/// Maximum number of redirects in a row. If a request has one more redirect, it fails with [`Problem::Redirect`].
const MOST_HOPS: u8 = 5;
/// Number of answers to stream requests with a wrong content type, without another answer in between, after which the client polls instead.
const MOST_WRONG_TYPES: u8 = 3;

impl Kernel<FeatureHub> {
    /// Handles the head of the response to a request with this purpose.
    pub(super) fn judge_head(
        &mut self,
        request_id: RequestId,
        purpose: Purpose,
        head: &ResponseHead,
    ) {
        let Purpose { kind, asked } = purpose;
        let response_class = response_class(kind, asked, head);
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
                let stream = Box::new(Stream::new(self.now, limit, last));
                self.state = State::Streaming { request_id, stream };
            }
            (ResponseClass::Features | ResponseClass::LastFeatures, RequestKind::Poll) => {
                let etag = head.get("etag").map(str::to_string);
                self.fetch(|_| Answer { etag, last });
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
                if self.own.wrong_types >= MOST_WRONG_TYPES {
                    self.cannot_stream();
                } else {
                    self.request_failed(Problem::ContentType(found), None);
                }
            }
            (ResponseClass::Trouble(problem), _) => {
                self.give_up();
                self.request_failed(problem, retry_after(head));
            }
        }
    }

    /// Counts the consecutive answers to stream requests that have a wrong content type. A redirect that the client follows is not an
    /// answer.
    fn count_wrong_types(&mut self, response_class: &ResponseClass) {
        self.own.wrong_types = match response_class {
            ResponseClass::Trouble(Problem::ContentType(_)) => {
                self.own.wrong_types.saturating_add(1)
            }
            ResponseClass::Redirect => self.own.wrong_types,
            _ => 0,
        };
    }

    /// Uses the interval that a poll's response requests. Without a request, restores the client's own interval, so that one wrong response,
    /// such as that of a proxy, does not slow the client down for good.
    fn interval_asked_for(&mut self, kind: RequestKind, head: &ResponseHead) {
        if kind == RequestKind::Poll {
            self.own.interval = max_age(head).unwrap_or_else(|| self.own_interval());
        }
    }

    fn redirected(&mut self, kind: RequestKind, head: &ResponseHead) {
        self.own.hops += 1;
        let from = self.own.last_url.take();
        let target =
            head.get("location").zip(from).and_then(|(location, from)| from.redirected(location));
        match target.filter(|_| self.own.hops <= MOST_HOPS) {
            Some(target) => {
                self.own.following = Some((kind, target));
                self.connect();
            }
            None => {
                if kind == RequestKind::Stream {
                    self.own.wrong_types = 0;
                }
                self.request_failed(Problem::Redirect, None);
            }
        }
    }

    /// Handles the complete body of a poll.
    pub(super) fn body_complete(&mut self, body: Body<Answer>) {
        let applied = match String::from_utf8(body.bytes) {
            Ok(text) => self.apply_answer(&SharedText::of(text.into_boxed_str())),
            Err(why) => Err(Problem::Malformed(why.utf8_error().to_string())),
        };
        match applied {
            Err(problem) => self.request_failed(problem, None),
            Ok(PollOutcome { doubt, is_whole }) => {
                self.own.etag = body.answer.etag.filter(|_| is_whole);
                if body.answer.last {
                    self.good(doubt);
                    self.halt_stale();
                } else {
                    self.poll_succeeded(doubt);
                }
            }
        }
    }

    /// Handles status 304: the features that the client holds are still current.
    fn unchanged(&mut self) {
        self.own.access = Access::Granted;
        self.status.updated = Some(self.now);
        self.poll_succeeded(None);
    }

    /// Starts polling because the Edge cannot stream.
    fn cannot_stream(&mut self) {
        if self.poll_until.is_none() {
            self.notice(Notice::FellBackToPolling);
        }
        self.own.held_streams = 0;
        self.fall_back(Problem::NoStreaming);
    }
}
