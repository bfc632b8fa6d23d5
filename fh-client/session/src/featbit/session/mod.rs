//! The protocol of a FeatBit client as a state machine. The session decides which actions are due, and a driver performs them.
//!
//! Every state in which the session waits for the server has a deadline, so that no failure can stop a client silently. There is no deadline
//! before the start, and none for a client that is offline or closed, or suspended without a poll in flight.

mod answer;
mod clock;
mod commands;
mod connect;
mod full;
mod outcome;
mod socket;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::notice::Notice;
use fh_repository::problem::{Problem, Stage};
use fh_repository::publication::{Cause, Publication, RawKind, RawUpdate};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules};
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::system::System;
use fh_repository::time::Millis;

use self::answer::Body;
use self::clock::ServerClock;
use self::full::FullSync;
use self::socket::{Repeats, Socket};
use super::config::{Config, Mode};
use super::message::Sync;
use super::store::{Applied, Store};
use crate::action::{Action, CommandId, Input, RequestId};
use crate::delay::{Delays, Random, Recent};

/// The state of one client's communication with a FeatBit server.
///
/// A driver passes events with their time to the session, and performs the actions that the session returns, as for
/// [`fh_session::Session`](crate::Session). The time of day is passed in as well, because tokens hold it.
pub struct Session {
    config: Config,
    random: Random,
    /// The latest time that the driver passed in. An earlier time that is passed in later is ignored.
    now: Millis,
    /// The time of day of the last input, by the clock of this machine.
    wall: Timestamp,
    state: State,
    store: Store,
    environment: Arc<str>,
    clock: ServerClock,
    backoff: Delays,
    refused: Delays,
    recent: Recent,
    last_request_id: u64,
    /// True once the server has sent or confirmed flags.
    has_contact: bool,
    /// The cursor of the last request on a socket, while it is not certain that its answer has arrived: a patch may be the answer, or a change
    /// that the server pushed before it. Until then, further requests ask from this cursor again, so that no change is lost.
    unanswered: Option<i64>,
    /// The cursor before a patch that could not be read in full. Requests ask from it until an answer could be read.
    unread: Option<i64>,
    repeats: Repeats,
    full: FullSync,
    /// True if the last poll asked for everything.
    polls_all: bool,
    /// True once a full message or the full body of a poll was applied. Before that, requests ask for everything.
    has_full: bool,
    /// True once there are flags to serve, from the server or from a bootstrap document.
    is_served: bool,
    /// True while the server refuses the secret, and no flags were served before.
    is_failed: bool,
    /// Number of the last sockets, in a row, that brought no message because something on the way blocks sockets.
    barren: u8,
    /// Number of the last sockets, in a row, that could not be opened because the server seemed to be away, at most [`MOST_BARREN`]. One
    /// more if a poll was answered after them.
    away: u8,
    /// The time of the next attempt to open a socket; `None` unless the client polls because sockets brought no message.
    poll_until: Option<Millis>,
    /// The reason of the proxy that refuses the tunnel of a socket, while the client polls for this reason.
    obstacle: Option<String>,
    /// The time from the next poll, which follows a socket that had messages, to the next socket; `None` if no such poll is due or in flight.
    gap: Option<Duration>,
    /// False if the transport cannot open sockets.
    has_sockets: bool,
    /// True if the notice that sockets are blocked was reported, and no socket has brought a message since.
    was_noticed: bool,
    commands: Vec<CommandId>,
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
    /// The session waits for the time of the next request. Until then, the status shows the connection `as_`.
    Due {
        at: Millis,
        as_: Connection,
    },
    /// The session waits for the head of an answer.
    Connecting {
        request_id: RequestId,
        purpose: Purpose,
        until: Millis,
        poll_until: Millis,
    },
    Open(Box<Socket>),
    Fetching(Body),
    Offline,
    Stopped,
}

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Socket,
    Poll,
    /// The answer shows the server's clock.
    Clock,
}

impl State {
    /// Returns the id of the request in flight; `None` if there is none.
    const fn request_id(&self) -> Option<RequestId> {
        match self {
            Self::Connecting { request_id, .. } => Some(*request_id),
            Self::Open(socket) => Some(socket.request_id),
            Self::Fetching(body) => Some(body.request_id),
            Self::Idle | Self::Due { .. } | Self::Offline | Self::Stopped => None,
        }
    }
}

impl Session {
    /// Creates a session that has not started. The seed determines the random delays of the session. Give each client a different seed, so
    /// that clients do not all retry at the same time.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let status = SessionStatus { system: System::FeatBit, ..SessionStatus::default() };
        Self {
            random: Random::new(seed),
            now: Millis::default(),
            wall: Timestamp::from_millis(0),
            state: State::Idle,
            store: Store::new(config.profile),
            environment: config.secret.environment(),
            clock: ServerClock::default(),
            backoff: Delays::default(),
            refused: Delays::default(),
            recent: Recent::default(),
            last_request_id: 0,
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
            poll_until: None,
            obstacle: None,
            gap: None,
            has_sockets: true,
            was_noticed: false,
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

    /// Handles an event or a command that arrived at the time `now`, when this machine's clock showed `wall`. Call [`Self::poll`] afterwards
    /// until it returns `None`.
    pub fn handle(&mut self, now: Millis, wall: Timestamp, input: Input<'_>) {
        self.now = self.now.max(now);
        self.wall = wall;
        match input {
            Input::Start => self.start(),
            Input::Tick => self.tick(),
            Input::Stop => self.stop(),
            Input::Suspend => self.suspend(),
            Input::Resume => self.resume(),
            Input::Refresh(command_id) => self.refresh(command_id),
            // The client evaluates every context itself.
            Input::Context(command_id, _) => self.confirm(command_id),
            // Clients of FeatBit have no API keys, so no client sends this command.
            Input::Keys(command_id, _) => self.confirm(command_id),
            Input::FeatureRead | Input::StoredFeature { .. } | Input::StoredList { .. } => {}
            Input::Opened { request_id, head } => self.opened(request_id, head),
            Input::Progress { request_id, bytes } => self.progress(request_id, bytes),
            Input::Bytes { request_id, bytes } => self.bytes(request_id, bytes),
            Input::Text { request_id, text } => self.text(request_id, text),
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
        match &self.state {
            _ if self.is_dormant() => None,
            State::Due { at, .. } => Some(*at),
            State::Connecting { until, .. } => Some(*until),
            State::Open(socket) => {
                let at = socket.deadline(&self.config.limits).0;
                let full = self.full.due().filter(|_| socket.is_synchronised());
                Some(full.map_or(at, |full| full.min(at)))
            }
            State::Fetching(body) => Some(body.until),
            State::Idle | State::Offline | State::Stopped => None,
        }
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

    fn start(&mut self) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        if self.config.mode == Mode::Offline {
            self.state = State::Offline;
            self.is_served = true;
            self.settle(&Ok(()));
        } else if self.is_suspended && self.commands.is_empty() {
            self.await_resumption();
        } else {
            self.connect();
        }
    }

    fn stop(&mut self) {
        self.give_up();
        self.state = State::Stopped;
        self.settle(&Err(Problem::Closed));
    }

    fn tick(&mut self) {
        let now = self.now;
        match &self.state {
            _ if self.is_dormant() => {}
            State::Due { at, .. } if *at <= now => self.connect(),
            State::Connecting { purpose, until, .. } if *until <= now => {
                let purpose = *purpose;
                self.give_up();
                self.failed(purpose, Problem::TimedOut(Stage::Head));
            }
            State::Fetching(body) if body.until <= now => {
                self.give_up();
                self.trouble(Problem::TimedOut(Stage::Body), None);
            }
            State::Open(_) => self.socket_tick(),
            _ => {}
        }
    }

    /// Applies flags that the server or a bootstrap document has sent, and publishes them.
    fn apply(&mut self, sync: &Sync<'_>, source: Source) -> Applied {
        let mut applied = self.store.apply(sync);
        for what in std::mem::take(&mut applied.ignored).into_texts() {
            self.actions.push_back(Action::Notice(Notice::Ignored { what }));
        }
        let is_first = self.status.updated.is_none();
        if applied.is_changed || is_first {
            let cause = if is_first { Cause::First } else { Cause::Change };
            let environments = Environments::One(Arc::clone(&self.environment));
            let rules = Rules::client_evaluated(self.store.ruleset().clone(), environments);
            let rules = Arc::new(rules.of_system(System::FeatBit));
            // A publication that waits would be replaced at once, so that listeners would see flags come and go.
            let waiting = self.actions.iter_mut().find_map(|action| match action {
                Action::Publish(waiting) => Some(waiting),
                _ => None,
            });
            match waiting {
                Some(waiting) => waiting.rules = rules,
                None => self.actions.push_back(Action::Publish(Publication { rules, cause })),
            }
            if !sync.text.is_empty() {
                let environment = Some(Arc::clone(&self.environment));
                let (source, kind) = (source.clone(), RawKind::List);
                let json = sync.text.clone();
                self.actions.push_back(Action::Raw(RawUpdate { source, environment, kind, json }));
            }
        }
        self.serves(source);
        applied
    }

    /// Records that this source has sent or confirmed the flags.
    fn serves(&mut self, source: Source) {
        self.is_served = true;
        self.is_failed = false;
        self.status.updated = Some(self.now);
        self.status.source = Some(source);
        self.status.cursor = Some(self.store.cursor());
    }

    /// Returns the version from which the next request asks for changes; `None` if it asks for everything.
    fn cursor(&self) -> Option<i64> {
        (!self.asks_for_all()).then(|| self.read_until())
    }

    /// Returns the version up to which nothing is missing.
    fn read_until(&self) -> i64 {
        let before = self.unanswered.into_iter().chain(self.unread).min();
        before.unwrap_or_else(|| self.store.cursor())
    }

    /// Aborts the request in flight, if there is one. The caller sets the next state.
    fn give_up(&mut self) {
        if let State::Open(socket) = &self.state {
            self.was_open_since(socket.opened, socket.is_synchronised());
        }
        self.actions.extend(self.state.request_id().map(Action::Abort));
    }

    /// Returns true if `request_id` is the id of the request in flight.
    fn is_live(&self, request_id: RequestId) -> bool {
        self.state.request_id() == Some(request_id)
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
            State::Due { at, as_ } => (*as_, Some(*at)),
            State::Connecting { .. } | State::Fetching(_) => (Connection::Connecting, None),
            State::Open(_) => (Connection::Streaming, None),
            State::Offline => (Connection::Offline, None),
            State::Stopped => (Connection::Closed, None),
        };
        self.status.connection = connection;
        self.status.next_attempt = next;
        if self.status != self.shown {
            self.shown = self.status.clone();
            self.actions.push_back(Action::Status(self.status.clone()));
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Payloads may hold personal data and are not shown.
        f.debug_struct("Session")
            .field("config", &self.config)
            .field("state", &self.state)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
