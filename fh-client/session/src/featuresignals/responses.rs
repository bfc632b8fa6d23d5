//! Handles the responses to the requests of polls.

use fh_repository::problem::Problem;

use super::answers::error_text;
use super::refresh::{Answer, Refresh};
use super::state::FeatureSignals;
use crate::action::{RequestKind, ResponseHead};
use crate::kernel::{Kernel, State};
use crate::response_class::{
    RequestCondition, ResponseClass, response_class, retry_after, status_problem,
};

/// Number of bytes of an error's body that are read.
const LONGEST_ERROR: usize = 64 * 1024;

impl Answer {
    /// Returns true if this is the head of an error, whose status says enough, also if its body breaks off or never ends.
    pub(super) fn is_error(&self) -> bool {
        self.head.status != 200
    }
}

impl Kernel<FeatureSignals> {
    /// Handles bytes of the body of an answer.
    pub(super) fn collect_answer(&mut self, bytes: &[u8]) {
        let State::Fetching(body) = &mut self.state else { return };
        if !body.answer.is_error() {
            let others = body.answer.refresh.bytes;
            return self.collect(bytes, others);
        }
        let limit = LONGEST_ERROR.min(self.timing.limits.bytes);
        let left = limit.saturating_sub(body.bytes.len());
        body.bytes.extend_from_slice(bytes.get(..left.min(bytes.len())).unwrap_or_default());
        if left <= bytes.len() {
            // The rest of a long error is not read.
            self.end_request(None);
        }
    }

    /// Handles a complete answer to a request of a poll.
    pub(super) fn judge_answer(&mut self, head: &ResponseHead, refresh: Refresh, body: Vec<u8>) {
        match response_class(RequestKind::Poll, RequestCondition::Plainly, head) {
            ResponseClass::Features => self.answer_arrived(refresh, body),
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
                    400 | 404 | 406 | 415 => self.refuse(problem, retry_after(head)),
                    401 | 403 if !self.own.has_contact => self.refuse(problem, retry_after(head)),
                    _ => self.poll_failed(problem, retry_after(head)),
                }
            }
        }
    }
}
