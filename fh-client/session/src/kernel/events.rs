//! Handles the inputs of a session, and the passing of time.

use std::mem;

use fh_repository::problem::{Problem, Stage};
use fh_repository::time::Millis;

use super::{Kernel, Pending, Protocol, State};
use crate::action::{Action, End, Input, ResponseHead};
use crate::response_class::end_problem;

impl<P: Protocol> Kernel<P> {
    pub(crate) fn handle(&mut self, now: Millis, input: Input<'_>) {
        self.now = self.now.max(now);
        match input {
            Input::Start => self.start(),
            Input::Tick => self.tick(),
            Input::Stop => self.stop(),
            Input::Suspend => self.suspend(),
            Input::Resume => self.resume(),
            Input::Refresh(command_id) => self.refresh(Pending::new(command_id)),
            Input::FeatureRead => self.feature_read(),
            Input::Opened { request_id, head } if self.is_live(request_id) => {
                self.response_began(head);
            }
            Input::Bytes { request_id, bytes } if self.is_live(request_id) => {
                self.bytes_arrived(bytes);
            }
            Input::Closed { request_id, end } if self.is_live(request_id) => {
                let problem = end_problem(end, self.timing.limits.bytes);
                self.request_ended(end, problem);
            }
            other => P::other_input(self, other),
        }
        P::publish(self);
        self.actions.extend(self.settled.drain(..));
    }

    fn response_began(&mut self, head: &ResponseHead) {
        if let State::Connecting { request_id, .. } = self.state {
            self.last_contact = Some(self.now);
            P::head_arrived(self, request_id, head);
        }
    }

    fn bytes_arrived(&mut self, bytes: &[u8]) {
        self.last_contact = Some(self.now);
        match self.state {
            State::Fetching(_) => P::body_arrived(self, bytes),
            State::Streaming { .. } => P::stream_bytes(self, bytes),
            _ => {}
        }
    }

    fn request_ended(&mut self, end: End<'_>, problem: Option<Problem>) {
        match mem::replace(&mut self.state, State::Idle) {
            State::Streaming { stream, .. } => P::stream_ended(self, *stream, end, problem),
            state => self.answer_ended(state, Some(end), problem),
        }
    }

    /// Handles the end of a request that opened no stream. `end` is `None` if the session has ended the request.
    fn answer_ended(&mut self, state: State<P>, end: Option<End<'_>>, problem: Option<Problem>) {
        match (state, problem) {
            (State::Connecting { purpose, .. }, problem) => {
                let without =
                    || Problem::Unreachable("the connection closed without a response".to_string());
                P::failed(self, purpose, end, problem.unwrap_or_else(without));
            }
            (State::Fetching(body), Some(problem)) if !P::is_head_enough(&body.answer) => {
                P::trouble(self, problem, None);
            }
            (State::Fetching(body), _) => P::fetched(self, body),
            (other, _) => self.state = other,
        }
    }

    /// Aborts the request in flight, and handles what has arrived of its response.
    pub(crate) fn end_request(&mut self, problem: Option<Problem>) {
        self.give_up();
        let state = mem::replace(&mut self.state, State::Idle);
        self.answer_ended(state, None, problem);
    }

    /// Returns the time of the next tick; `None` if the session waits for no time.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let of_state = match &self.state {
            _ if self.is_dormant() => None,
            State::Due { at: until, .. }
            | State::Connecting { until, .. }
            | State::Fresh { until } => Some(*until),
            State::Fetching(body) => Some(body.until),
            State::Streaming { stream, .. } => P::stream_deadline(self, stream),
            State::Idle
            | State::Expired
            | State::Done
            | State::Halted
            | State::Offline
            | State::Stopped => None,
        };
        of_state.into_iter().chain(P::other_deadline(self)).min()
    }

    pub(super) fn tick(&mut self) {
        let now = self.now;
        match &self.state {
            _ if self.is_dormant() => {}
            State::Due { at, .. } if *at <= now => self.connect(),
            State::Connecting { until, .. } if *until <= now => {
                self.end_request(Some(Problem::TimedOut(Stage::Head)));
            }
            State::Fetching(body) if body.until <= now => {
                self.end_request(Some(Problem::TimedOut(Stage::Body)));
            }
            State::Streaming { .. } => P::stream_tick(self),
            State::Fresh { until } if *until <= now => {
                self.state = State::Expired;
                self.actions.push_back(Action::ReportReads);
            }
            _ => {}
        }
        P::other_tick(self);
    }

    fn feature_read(&mut self) {
        if matches!(self.state, State::Expired) && !self.is_suspended {
            self.connect();
        }
    }
}
