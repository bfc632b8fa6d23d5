//! The protocol of a FeatureSignals client as a state machine. The session decides which actions are due, and a driver performs them.
//!
//! Every state in which the session waits for the server has a deadline, so that no failure can stop a client silently. There is no deadline
//! before the start, and none for a client that is offline, local, done or closed, or suspended without a request in flight.

mod answer;
mod commands;
mod connect;
mod contexts;
mod outcome;
mod refresh;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use fh_eval::Attributes;
use fh_eval::featuresignals::{Compiler, Document};
use fh_repository::notice::Notice;
use fh_repository::problem::{Problem, Stage};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules};
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::system::System;
use fh_repository::time::Millis;

use self::contexts::{Next, Pending};
use self::refresh::{Flight, Held};
use self::stream::Stream;
use super::config::{Config, Mode};
use crate::action::{Action, Input, RequestId};
use crate::delay::{Delays, Random, Recent};
use crate::ignored::Ignored;

/// The state of one client's communication with a FeatureSignals server.
///
/// A driver passes events with their time to the session, and performs the actions that the session returns, as for
/// [`fh_session::Session`](crate::Session). Two requests may be in flight: a stream and a poll.
pub struct Session {
    config: Config,
    random: Random,
    /// The latest time that the driver passed in. An earlier time that is passed in later is ignored.
    now: Millis,
    state: State,
    stream: Stream,
    /// True while a stream is open, and while the client replaces one.
    is_streaming: bool,
    /// The context for which the server evaluates. A newer context may wait in `next`.
    context: Arc<Attributes>,
    /// True if a program set the current context after the start.
    context_was_set: bool,
    next: Option<Next>,
    /// The answers that are served; `None` before the first ones.
    held: Option<Held>,
    backoff: Delays,
    refused: Delays,
    stream_backoff: Delays,
    recent: Recent,
    /// The time at which the last poll began.
    last_poll: Option<Millis>,
    last_request_id: u64,
    /// True once the server has answered a poll completely.
    has_contact: bool,
    /// True while values are served for the current context.
    is_served: bool,
    /// True while the server refuses the client, and no values were served before.
    is_failed: bool,
    /// True if another poll follows the one in flight, because the server has announced a change meanwhile.
    poll_again: bool,
    /// True while polls fail.
    is_away: bool,
    /// Number of the last streams, in a row, that were refused while polls succeeded.
    refusals: u8,
    /// True if the notice that streams are refused was reported, and no stream has been open since.
    was_noticed: bool,
    /// True if the notice about the number of flags was reported.
    many_was_noticed: bool,
    commands: Vec<Pending>,
    is_suspended: bool,
    last_contact: Option<Millis>,
    status: SessionStatus,
    /// The status that was published last.
    shown: SessionStatus,
    actions: VecDeque<Action>,
    /// The outcomes of commands, which are reported after flags and status are published.
    settled: Vec<Action>,
}

#[derive(Debug)]
enum State {
    Idle,
    /// The session waits for the time of the next poll. Until then, the status shows the connection `as_`.
    Due {
        at: Millis,
        as_: Connection,
    },
    /// A poll is in flight, which may take several requests.
    Polling(Box<Flight>),
    /// A client that polls once has values.
    Done,
    /// The client sends no requests.
    Offline,
    Stopped,
}

impl State {
    /// Returns the id of the poll's request in flight; `None` if there is none.
    fn request_id(&self) -> Option<RequestId> {
        match self {
            Self::Polling(flight) => Some(flight.request_id),
            _ => None,
        }
    }
}

impl Session {
    /// Creates a session that has not started. The seed determines the random delays of the session. Give each client a different seed, so
    /// that clients do not all retry at the same time.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let status = SessionStatus { system: System::FeatureSignals, ..SessionStatus::default() };
        Self {
            random: Random::new(seed),
            now: Millis::default(),
            state: State::Idle,
            stream: Stream::Closed,
            is_streaming: false,
            context: Arc::default(),
            context_was_set: false,
            next: None,
            held: None,
            backoff: Delays::default(),
            refused: Delays::default(),
            stream_backoff: Delays::default(),
            recent: Recent::default(),
            last_poll: None,
            last_request_id: 0,
            has_contact: false,
            is_served: false,
            is_failed: false,
            poll_again: false,
            is_away: false,
            refusals: 0,
            was_noticed: false,
            many_was_noticed: false,
            commands: Vec::new(),
            is_suspended: false,
            last_contact: None,
            shown: status.clone(),
            status,
            actions: VecDeque::new(),
            settled: Vec::new(),
            config,
        }
    }

    /// Handles an event or a command that arrived at the time `now`. Call [`Self::poll`] afterwards until it returns `None`.
    pub fn handle(&mut self, now: Millis, input: Input<'_>) {
        self.now = self.now.max(now);
        match input {
            Input::Start => self.start(),
            Input::Tick => self.tick(),
            Input::Stop => self.stop(),
            Input::Suspend => self.suspend(),
            Input::Resume => self.resume(),
            Input::Refresh(command_id) => self.refresh(Pending::refresh(command_id)),
            Input::Context(command_id, context) => self.change_context(command_id, context),
            // Clients of FeatureSignals have one API key for life, so no client sends this command.
            Input::Keys(command_id, _) => self.confirm(command_id),
            Input::FeatureRead
            | Input::StoredFeature { .. }
            | Input::StoredList { .. }
            | Input::Progress { .. }
            | Input::Text { .. } => {}
            Input::Opened { request_id, head } => self.opened(request_id, head),
            Input::Bytes { request_id, bytes } => self.bytes(request_id, bytes),
            Input::Closed { request_id, end } => self.closed(request_id, end),
            Input::Stored { source, features, .. } => self.stored(source, features),
        }
        self.show();
        self.actions.extend(self.settled.drain(..));
    }

    /// Removes the next action for the driver, and returns it; `None` if no action is left.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Returns the time at which the driver must pass in [`Input::Tick`] if no other event comes before; `None` if the session waits for no
    /// time.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let poll = match &self.state {
            _ if self.is_dormant() => None,
            State::Due { at, .. } => Some(*at),
            State::Polling(flight) => Some(flight.until),
            State::Idle | State::Done | State::Offline | State::Stopped => None,
        };
        let stream = self.stream.deadline().filter(|_| !self.is_suspended);
        [poll, stream].into_iter().flatten().min()
    }

    /// Returns the time when the server last sent data. Returns `None` before the first data.
    #[must_use]
    pub const fn last_contact(&self) -> Option<Millis> {
        self.last_contact
    }

    /// Returns the current status of the client.
    #[must_use]
    pub const fn status(&self) -> &SessionStatus {
        &self.status
    }

    /// Returns true if the server evaluates the flags, for one context.
    const fn is_remote(&self) -> bool {
        !matches!(self.config.mode, Mode::Local | Mode::Offline)
    }

    fn start(&mut self) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        if !self.is_remote() {
            self.state = State::Offline;
            self.is_served |= self.config.mode == Mode::Offline;
            self.settle(&Ok(()));
        } else if self.is_suspended {
            self.await_resumption();
            if !self.commands.is_empty() {
                self.begin_poll();
            }
        } else {
            self.begin_poll();
            self.begin_stream();
        }
    }

    fn stop(&mut self) {
        self.give_up();
        self.end_stream();
        self.state = State::Stopped;
        self.settle(&Err(Problem::Closed));
        self.refuse_next(&Problem::Closed);
    }

    fn tick(&mut self) {
        match &self.state {
            _ if self.is_dormant() => {}
            State::Due { at, .. } if *at <= self.now => self.begin_poll(),
            // The status of an error says enough, also if its body never ends.
            State::Polling(flight) if flight.until <= self.now && flight.is_error() => {
                self.conclude();
            }
            State::Polling(flight) if flight.until <= self.now => {
                let stage = if flight.head.is_some() { Stage::Body } else { Stage::Head };
                self.give_up();
                self.trouble(Problem::TimedOut(stage), None);
            }
            _ => {}
        }
        if !self.is_suspended {
            self.stream_tick();
        }
    }

    /// Serves a ruleset that the client evaluates itself, or the answers of an earlier client. What cannot be read is reported, and changes
    /// nothing.
    fn stored(&mut self, source: Source, bytes: &[u8]) {
        if matches!(self.state, State::Stopped) {
            return;
        }
        if self.is_remote() {
            return self.stored_answers(source, bytes);
        }
        let document = match Document::parse(bytes) {
            Ok(document) => document,
            Err(why) => {
                let why = why.to_string();
                self.actions.push_back(Action::Notice(Notice::StoreIgnored { source, why }));
                return;
            }
        };
        let ruleset = Compiler::new().compile(&document);
        let mut ignored = Ignored::default();
        for diagnostic in ruleset.diagnostics() {
            ignored.add_diagnostic(diagnostic);
        }
        for what in ignored.into_texts() {
            self.actions.push_back(Action::Notice(Notice::Ignored { what }));
        }
        let rules = Rules::client_evaluated(ruleset, self.environments());
        let cause = if self.is_served { Cause::Change } else { Cause::First };
        self.publish(rules, cause, source);
    }

    /// Serves these flags from now on.
    fn publish(&mut self, rules: Rules, cause: Cause, source: Source) {
        let rules = Arc::new(rules.of_system(System::FeatureSignals));
        self.actions.push_back(Action::Publish(Publication { rules, cause }));
        self.received(source);
    }

    /// Records that values were received or confirmed.
    fn received(&mut self, source: Source) {
        self.is_served = true;
        self.is_failed = false;
        self.status.updated = Some(self.now);
        self.status.source = Some(source);
        self.status.problem = None;
        self.status.attempts = 0;
    }

    fn environments(&self) -> Environments {
        Environments::One(Arc::clone(self.config.endpoint.environment()))
    }

    fn readiness(&self) -> Readiness {
        match &self.state {
            State::Stopped => Readiness::Closed,
            _ if self.is_failed => Readiness::Failed,
            _ if self.is_served => Readiness::Ready,
            _ => Readiness::NotReady,
        }
    }

    /// Updates the status, and publishes it if it differs from the status that was published last.
    fn show(&mut self) {
        self.status.readiness = self.readiness();
        let (connection, next) = match &self.state {
            _ if self.is_dormant() => (Connection::Suspended, None),
            State::Idle => (Connection::Idle, None),
            // A file may bring the first ruleset later.
            State::Offline if !self.is_served => (Connection::Resting, None),
            State::Offline => (Connection::Offline, None),
            State::Stopped => (Connection::Closed, None),
            _ if self.is_streaming => (Connection::Streaming, None),
            State::Due { at, as_ } => (*as_, Some(*at)),
            State::Polling(_) => (Connection::Connecting, None),
            State::Done => (Connection::Done, None),
        };
        self.status.connection = connection;
        self.status.next_attempt = next;
        self.status.is_withheld = self.held.is_some() && !self.is_served;
        if self.status != self.shown {
            self.shown = self.status.clone();
            self.actions.push_back(Action::Status(self.status.clone()));
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values and contexts may be personal data and are not shown.
        f.debug_struct("Session")
            .field("config", &self.config)
            .field("state", &self.state)
            .field("stream", &self.stream)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
