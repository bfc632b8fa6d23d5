//! The protocol of FeatureSignals, on the kernel of the session. A stream may be in flight beside a poll.

use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::status::Connection;
use fh_repository::system::System;
use fh_repository::time::Millis;

use super::change_stream::Stream;
use super::config::{Config, Mode};
use super::refresh::{Answer, Refresh};
use super::state::FeatureSignals;
use crate::action::{End, Input, RequestId, ResponseHead};
use crate::kernel::{Body, Kernel, Protocol, State, Timing};

impl Kernel<FeatureSignals> {
    /// Returns true if the server evaluates the flags, for one context.
    pub(super) const fn is_remote(&self) -> bool {
        !matches!(self.config.mode, Mode::Local | Mode::Offline)
    }
}

impl Protocol for FeatureSignals {
    const SYSTEM: System = System::FeatureSignals;
    type Config = Config;
    type Purpose = Refresh;
    type Stream = std::convert::Infallible;
    type Answer = Answer;

    fn timing(config: &Config) -> Timing {
        Timing {
            backoff: config.backoff,
            return_within: config.return_within.clone(),
            refused: config.refused,
            pace: config.pace,
            limits: config.limits,
        }
    }

    fn is_served(&self) -> bool {
        self.is_served
    }

    fn is_failed(&self) -> bool {
        self.is_failed
    }

    fn prepare_start(session: &mut Kernel<Self>) -> bool {
        session.own.is_served |= session.config.mode == Mode::Offline;
        session.is_remote()
    }

    fn begin(session: &mut Kernel<Self>) {
        session.connect();
        session.begin_stream();
    }

    fn send_next(session: &mut Kernel<Self>) {
        session.begin_poll();
    }

    fn other_input(session: &mut Kernel<Self>, input: Input<'_>) {
        match input {
            Input::Context(command_id, context) => session.change_context(command_id, context),
            // Clients of FeatureSignals have one API key for life, so no client sends this command.
            Input::Keys(command_id, _) => session.confirm(command_id),
            Input::Stored { source, features, .. } => session.stored(source, features),
            Input::Opened { request_id, head } if session.own.stream.is(request_id) => {
                session.last_contact = Some(session.now);
                session.stream_opened(head);
            }
            Input::Bytes { request_id, bytes } if session.own.stream.is(request_id) => {
                session.last_contact = Some(session.now);
                session.stream_bytes(bytes);
            }
            Input::Closed { request_id, end } if session.own.stream.is(request_id) => {
                session.stream_closed(end);
            }
            _ => {}
        }
    }

    fn head_arrived(session: &mut Kernel<Self>, _: RequestId, head: &ResponseHead) {
        session.fetch(|refresh| Answer { head: head.clone(), refresh });
    }

    fn body_arrived(session: &mut Kernel<Self>, bytes: &[u8]) {
        session.collect_answer(bytes);
    }

    fn failed(session: &mut Kernel<Self>, _: Refresh, _: Option<End<'_>>, problem: Problem) {
        session.poll_failed(problem, None);
    }

    fn is_head_enough(answer: &Answer) -> bool {
        answer.is_error()
    }

    fn fetched(session: &mut Kernel<Self>, body: Body<Answer>) {
        session.judge_answer(&body.answer.head, body.answer.refresh, body.bytes);
    }

    fn trouble(session: &mut Kernel<Self>, problem: Problem, at_least: Option<Duration>) {
        session.poll_failed(problem, at_least);
    }

    fn suspending(session: &mut Kernel<Self>) {
        session.own.is_streaming = false;
        // A delay of the next stream continues, because a failure or a refusal caused it.
        if !matches!(session.own.stream, Stream::Due { .. }) {
            session.end_stream();
        }
    }

    fn answers_commands(_: &Kernel<Self>) -> bool {
        true
    }

    /// A command waits for the next context, whose poll is sent nevertheless.
    fn aborted_by_suspension(session: &mut Kernel<Self>) {
        session.begin_next();
    }

    fn resumed(session: &mut Kernel<Self>) {
        let runs = !matches!(session.state, State::Idle | State::Offline | State::Stopped);
        if runs && matches!(session.own.stream, Stream::Closed) {
            session.begin_stream();
        }
    }

    fn stopped(session: &mut Kernel<Self>) {
        session.end_stream();
        session.refuse_next(&Problem::Closed);
    }

    fn other_deadline(session: &Kernel<Self>) -> Option<Millis> {
        session.own.stream.deadline().filter(|_| !session.is_suspended)
    }

    fn other_tick(session: &mut Kernel<Self>) {
        if !session.is_suspended {
            session.stream_tick();
        }
    }

    fn complete_status(session: &mut Kernel<Self>) {
        let status = &mut session.status;
        if session.own.is_streaming {
            status.connection = Connection::Streaming;
            status.next_attempt = None;
        } else if matches!(session.state, State::Offline) && !session.own.is_served {
            // A file may bring the first ruleset later.
            status.connection = Connection::Resting;
        }
        status.is_withheld = session.own.held.is_some() && !session.own.is_served;
    }
}
