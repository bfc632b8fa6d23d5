//! The protocol of FeatBit, on the kernel of the session.

use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::problem::Problem;
use fh_repository::system::System;
use fh_repository::time::Millis;

use super::clock::ServerClock;
use super::config::{Config, Mode};
use super::full::FullSync;
use super::message::MessageText;
use super::open_socket::{Repeats, Socket};
use super::state::{FeatBit, Purpose};
use super::store::Store;
use crate::action::{End, Input, RequestId, ResponseHead};
use crate::kernel::{Body, Kernel, Protocol, State, Timing};

impl FeatBit {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            wall: Timestamp::from_millis(0),
            store: Store::new(config.profile),
            environment: config.secret.environment(),
            clock: ServerClock::default(),
            has_contact: false,
            unanswered: None,
            unread: None,
            repeats: Repeats::default(),
            full: FullSync::default(),
            polls_all: false,
            has_full: false,
            is_served: false,
            is_failed: false,
            barren: 0,
            away: 0,
            obstacle: None,
            has_sockets: true,
            was_noticed: false,
        }
    }
}

impl Protocol for FeatBit {
    const SYSTEM: System = System::FeatBit;
    type Config = Config;
    type Purpose = Purpose;
    type Stream = Socket;
    type Answer = ();

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
        let is_offline = session.config.mode == Mode::Offline;
        session.own.is_served |= is_offline;
        !is_offline
    }

    fn send_next(session: &mut Kernel<Self>) {
        session.send_request();
    }

    fn other_input(session: &mut Kernel<Self>, input: Input<'_>) {
        match input {
            // The client evaluates every context itself, and has no API keys.
            Input::Context(command_id, _) | Input::Keys(command_id, _) => {
                session.confirm(command_id);
            }
            Input::Progress { request_id, bytes } => session.message_progress(request_id, bytes),
            Input::Text { request_id, text } => session.text_arrived(request_id, text),
            Input::Stored { source, features, .. } => session.stored(source, features),
            _ => {}
        }
    }

    fn head_arrived(session: &mut Kernel<Self>, request_id: RequestId, head: &ResponseHead) {
        if let State::Connecting { purpose, .. } = session.state {
            session.judge_head(request_id, purpose, head);
        }
    }

    fn stream_bytes(session: &mut Kernel<Self>, bytes: &[u8]) {
        session.message_arrived(&MessageText::of(bytes));
    }

    fn stream_ended(
        session: &mut Kernel<Self>,
        socket: Socket,
        end: End<'_>,
        problem: Option<Problem>,
    ) {
        session.socket_ended(&socket, end, problem);
    }

    fn stream_deadline(session: &Kernel<Self>, socket: &Socket) -> Option<Millis> {
        let at = socket.deadline(&session.config.limits).0;
        let full = session.own.full.due.filter(|_| socket.is_synchronised());
        Some(full.map_or(at, |full| full.min(at)))
    }

    fn stream_tick(session: &mut Kernel<Self>) {
        session.socket_tick();
    }

    fn failed(
        session: &mut Kernel<Self>,
        purpose: Purpose,
        end: Option<End<'_>>,
        problem: Problem,
    ) {
        session.unanswered(purpose, end, problem);
    }

    fn fetched(session: &mut Kernel<Self>, body: Body<()>) {
        session.body_complete(body.bytes);
    }

    fn trouble(session: &mut Kernel<Self>, problem: Problem, at_least: Option<Duration>) {
        session.poll_failed(problem, at_least);
    }

    /// Asks for everything, unless such an answer is outstanding.
    fn command_waits(session: &mut Kernel<Self>) {
        if !session.own.polls_all && Self::answers_commands(session) {
            session.give_up();
            session.connect();
        } else {
            session.ask_for_all();
        }
    }

    fn given_up(session: &mut Kernel<Self>) {
        if let State::Streaming { stream, .. } = &session.state {
            let (opened, has_data) = (stream.opened, stream.is_synchronised());
            session.was_open_since(opened, has_data, session.config.healthy_after);
        }
    }

    fn suspending(session: &mut Kernel<Self>) {
        session.absent(session.now);
    }

    fn answers_commands(session: &Kernel<Self>) -> bool {
        matches!(
            session.state,
            State::Connecting { purpose: Purpose::Poll, .. } | State::Fetching(_)
        )
    }
}
