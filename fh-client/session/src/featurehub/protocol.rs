//! The protocol of FeatureHub, on the kernel of the session.

use std::sync::Arc;
use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::status::Connection;
use fh_repository::system::System;
use fh_repository::time::Millis;

use super::access::Access;
use super::held::Held;
use super::open_stream::Stream;
use super::state::{Answer, FeatureHub, Purpose};
use crate::action::{End, Input, RequestId, RequestKind, ResponseHead};
use crate::config::{Config, DEFAULT_INTERVAL, Mode};
use crate::context_header::ContextHeader;
use crate::feature_set::FeatureSet;
use crate::kernel::{Body, Kernel, Protocol, State, Timing};
use crate::key::KeyKind;

impl FeatureHub {
    pub(super) fn new(config: &Config) -> Self {
        let interval = match config.mode {
            Mode::Polling(interval) | Mode::Passive(interval) => interval,
            Mode::Streaming | Mode::Once | Mode::Offline => DEFAULT_INTERVAL,
        };
        Self {
            feature_set: FeatureSet::new(config.profile, &config.keys),
            context: Arc::default(),
            header: ContextHeader::default(),
            context_was_set: false,
            next_context: None,
            etag: None,
            interval,
            wrong_types: 0,
            held_streams: 0,
            reconnect_floor: Duration::ZERO,
            last_url: None,
            hops: 0,
            access: Access::default(),
            held: Held::default(),
            unpublished: None,
            following: None,
        }
    }
}

impl Kernel<FeatureHub> {
    pub(super) fn evaluates_here(&self) -> bool {
        self.config.keys.kind() == KeyKind::ClientEvaluated
    }

    /// Returns true if the Edge wants no more requests. This begins when the session halts, or as soon as a stream with status
    /// 236 is open and the client has features. A refresh, other keys, and the requests after a pause or a refusal end it.
    pub(super) fn is_stale(&self) -> bool {
        match &self.state {
            State::Halted => true,
            State::Streaming { stream, .. } => self.is_last(stream),
            State::Stopped => self.status.is_stale,
            _ => false,
        }
    }
}

impl Protocol for FeatureHub {
    const SYSTEM: System = System::FeatureHub;
    type Config = Config;
    type Purpose = Purpose;
    type Stream = Stream;
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
        self.held.is_served()
    }

    fn is_failed(&self) -> bool {
        self.access.is_refused()
    }

    fn prepare_start(session: &mut Kernel<Self>) -> bool {
        session.restart_command_limits();
        session.config.mode != Mode::Offline
    }

    fn send_next(session: &mut Kernel<Self>) {
        session.send_request();
    }

    fn other_input(session: &mut Kernel<Self>, input: Input<'_>) {
        match input {
            Input::Context(command_id, context) => session.change_context(command_id, context),
            Input::Keys(command_id, keys) => session.change_keys(command_id, keys),
            Input::Stored { source, environment, features } => {
                session.stored(&source, &environment, features);
            }
            Input::StoredList { source, environment, list } => {
                session.stored_list(&source, &environment, &list);
            }
            Input::StoredFeature { source, environment, feature } => {
                session.stored_feature(&source, &environment, feature);
            }
            // An Edge opens no sockets.
            _ => {}
        }
    }

    fn head_arrived(session: &mut Kernel<Self>, request_id: RequestId, head: &ResponseHead) {
        if let State::Connecting { purpose, .. } = session.state {
            session.judge_head(request_id, purpose, head);
        }
    }

    fn stream_bytes(session: &mut Kernel<Self>, bytes: &[u8]) {
        session.decode_events(bytes);
    }

    fn stream_ended(
        session: &mut Kernel<Self>,
        stream: Stream,
        _: End<'_>,
        problem: Option<Problem>,
    ) {
        session.stream_closed(&stream, problem);
    }

    fn stream_deadline(session: &Kernel<Self>, stream: &Stream) -> Option<Millis> {
        Some(stream.deadline(&session.config.limits).0)
    }

    fn stream_tick(session: &mut Kernel<Self>) {
        let State::Streaming { stream, .. } = &session.state else { return };
        let (until, problem) = stream.deadline(&session.config.limits);
        if until <= session.now {
            session.stream_given_up(problem);
        }
    }

    fn failed(session: &mut Kernel<Self>, purpose: Purpose, _: Option<End<'_>>, problem: Problem) {
        match purpose.kind {
            RequestKind::Stream => session.stream_failed(problem),
            RequestKind::Poll => session.request_failed(problem, None),
        }
    }

    fn fetched(session: &mut Kernel<Self>, body: Body<Answer>) {
        session.body_complete(body);
    }

    fn trouble(session: &mut Kernel<Self>, problem: Problem, at_least: Option<Duration>) {
        session.request_failed(problem, at_least);
    }

    /// A passive client that has features retries only when a feature is read after the delay. A one-off client that has features does not
    /// retry.
    fn waiting(session: &Kernel<Self>, at: Millis) -> State<Self> {
        match session.config.mode {
            Mode::Passive(_) if session.own.held.is_current() => State::Fresh { until: at },
            Mode::Once if session.own.held.is_current() => State::Done,
            _ => State::Due { at, as_: Connection::Waiting },
        }
    }

    fn command_waits(session: &mut Kernel<Self>) {
        match &session.state {
            State::Streaming { stream, .. } if stream.has_data => session.settle(&Ok(())),
            State::Idle => session.start(),
            _ => {}
        }
    }

    fn given_up(session: &mut Kernel<Self>) {
        if let State::Streaming { stream, .. } = &session.state {
            let (opened, has_data) = (stream.opened, stream.has_data);
            session.was_open_since(opened, has_data, session.config.healthy_after);
        }
        session.own.following = None;
    }

    /// A stream with status 236 ends as [`Kernel::stream_given_up`] describes.
    fn suspending(session: &mut Kernel<Self>) {
        if let State::Streaming { stream, .. } = &session.state
            && session.is_last(stream)
        {
            session.give_up();
            session.halt_stale();
        }
    }

    fn answers_commands(session: &Kernel<Self>) -> bool {
        let kind = match &session.state {
            State::Connecting { purpose, .. } => Some(purpose.kind),
            State::Fetching(_) => Some(RequestKind::Poll),
            _ => session.own.following.as_ref().map(|(kind, _)| *kind),
        };
        kind == Some(RequestKind::Poll)
    }

    fn stopped(session: &mut Kernel<Self>) {
        session.refuse_next_context(&Problem::Closed);
    }

    fn other_deadline(session: &Kernel<Self>) -> Option<Millis> {
        session.command_deadline()
    }

    fn other_tick(session: &mut Kernel<Self>) {
        session.expire_commands();
    }

    fn publish(session: &mut Kernel<Self>) {
        session.publish_marked();
        session.show();
        // The features of the previous context are published first, so that reads for that context see them.
        if session.start_next_context() {
            session.publish_marked();
            session.show();
        }
    }

    fn complete_status(session: &mut Kernel<Self>) {
        session.status.is_withheld = session.own.held.is_withheld();
        session.status.is_stale = session.is_stale();
    }
}
