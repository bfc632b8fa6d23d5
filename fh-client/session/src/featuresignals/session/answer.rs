//! Handles answers to polls, and passes those of streams on.

use std::mem;

use fh_repository::problem::Problem;

use super::refresh::Flight;
use super::{Session, State};
use crate::action::{Action, End, RequestId, RequestKind, ResponseHead};
use crate::featuresignals::answers::error_text;
use crate::response_class::{
    RequestCondition, ResponseClass, end_problem, response_class, retry_after, status_problem,
};

/// Number of bytes of an error's body that are read.
const LONGEST_ERROR: usize = 64 * 1024;

impl Session {
    pub(super) fn opened(&mut self, request_id: RequestId, head: &ResponseHead) {
        if self.stream.is(request_id) {
            self.last_contact = Some(self.now);
            return self.stream_opened(head);
        }
        match &mut self.state {
            State::Polling(flight) if flight.request_id == request_id && flight.head.is_none() => {
                self.last_contact = Some(self.now);
                flight.head = Some(head.clone());
                flight.until = flight.complete_until;
            }
            _ => {}
        }
    }

    pub(super) fn bytes(&mut self, request_id: RequestId, bytes: &[u8]) {
        if self.stream.is(request_id) {
            self.last_contact = Some(self.now);
            return self.stream_bytes(bytes);
        }
        let State::Polling(flight) = &mut self.state else { return };
        if flight.request_id != request_id {
            return;
        }
        self.last_contact = Some(self.now);
        let is_good = flight.head.as_ref().is_some_and(|head| head.status == 200);
        let limit = self.config.limits.bytes;
        if !is_good {
            let left = LONGEST_ERROR.min(limit).saturating_sub(flight.body.len());
            flight.body.extend_from_slice(bytes.get(..left.min(bytes.len())).unwrap_or_default());
            if left <= bytes.len() {
                // The rest of a long error is not read.
                self.conclude();
            }
        } else if flight.refresh.bytes.saturating_add(flight.body.len() + bytes.len()) > limit {
            self.give_up();
            self.trouble(Problem::TooLarge(limit), None);
        } else {
            flight.body.extend_from_slice(bytes);
        }
    }

    pub(super) fn closed(&mut self, request_id: RequestId, end: End<'_>) {
        if self.stream.is(request_id) {
            return self.stream_closed(end);
        }
        let State::Polling(flight) = &self.state else { return };
        if flight.request_id != request_id {
            return;
        }
        match end_problem(end, self.config.limits.bytes) {
            // The status of an error says enough, also if its body breaks off.
            Some(problem) if !flight.is_error() => self.trouble(problem, None),
            _ => self.finish(),
        }
    }

    /// Ends the request of an error whose body was read far enough, or for long enough.
    pub(super) fn conclude(&mut self) {
        self.actions.extend(self.state.request_id().map(Action::Abort));
        self.finish();
    }

    /// Handles a complete answer to a poll.
    fn finish(&mut self) {
        let flight = match mem::replace(&mut self.state, State::Idle) {
            State::Polling(flight) => *flight,
            other => {
                self.state = other;
                return;
            }
        };
        let Flight { head: Some(head), body, refresh, .. } = flight else {
            let why = "the connection closed without a response".to_string();
            return self.trouble(Problem::Unreachable(why), None);
        };
        match response_class(RequestKind::Poll, RequestCondition::Plainly, &head) {
            ResponseClass::Features => self.answered(refresh, body),
            class => {
                let problem = match class {
                    ResponseClass::Trouble(problem @ Problem::ContentType(_)) => problem,
                    _ => match error_text(&body) {
                        Some(message) if (400..429).contains(&head.status) => {
                            Problem::Rejected { status: head.status, message }
                        }
                        _ => status_problem(head.status),
                    },
                };
                match head.status {
                    400 | 404 | 406 | 415 => self.refuse(problem, retry_after(&head)),
                    401 | 403 if !self.has_contact => self.refuse(problem, retry_after(&head)),
                    _ => self.trouble(problem, retry_after(&head)),
                }
            }
        }
    }
}
