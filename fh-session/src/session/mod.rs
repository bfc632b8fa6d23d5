//! The client's protocol as a state machine. It decides; a driver acts.
//!
//! Every state in which something is still to come has a deadline, so that nothing can die in silence: only a passive client
//! whose features may be old, a one-off client that is done, and a client that is offline, halted or closed have none (D-71).

mod answer;
mod connect;
mod contexts;
mod outcome;
mod pending;
mod request;
mod stream;
mod update;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;

use crate::action::{Action, Cause, Input, RequestKind, Ticket};
use crate::config::{Config, Mode};
use crate::context_header::ContextHeader;
use crate::delay::{Delays, Random};
use crate::edge_url::SecretUrl;
use crate::key::KeyKind;
use crate::planted::planted;
use crate::repository::Repository;
use crate::status::{Connection, Problem, Readiness, Stage, Status};
use crate::time::Millis;
use crate::verdict::Asked;
use answer::Body;
use contexts::NextContext;
use pending::Pending;
use stream::Stream;

/// One client's conversation with an Edge.
///
/// A driver hands it what happens, with the time, and does what it then says; see [`Input`] and [`Action`]. At most one request
/// is in flight: [`Action::Abort`] for one comes before [`Action::Send`] for the next.
///
/// ```
/// use fh_session::{Action, ApiKeys, Config, EdgeUrl, End, Head, Input, Millis, Session};
/// let edge = EdgeUrl::parse("https://edge.example")?;
/// let mut session = Session::new(Config::new(edge, ApiKeys::parse(["env/key*"])?), 42);
/// session.handle(Millis::new(0), Input::Start);
/// let Some(Action::Send(ticket, request)) = session.poll() else { panic!() };
/// assert_eq!(request.url.expose(), "https://edge.example/features/env/key*");
/// let head = Head::new(200).header("content-type", "text/event-stream");
/// session.handle(Millis::new(80), Input::Opened { ticket, head: &head });
/// session.handle(Millis::new(90), Input::Bytes { ticket, bytes: b"event: features\ndata: []\n\n" });
/// assert!(std::iter::from_fn(|| session.poll()).any(|action| matches!(action, Action::Publish(_))));
/// session.handle(Millis::new(30_000), Input::Closed { ticket, end: End::Complete });
/// assert!(session.deadline().unwrap() <= Millis::new(31_000)); // soon again
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session {
    config: Config,
    random: Random,
    /// The latest time that was told; clocks that go back are not followed.
    now: Millis,
    state: State,
    repository: Repository,
    /// The context of the request in flight, or of the next one.
    context: Arc<Attributes>,
    header: ContextHeader,
    /// True if the context was set after the start.
    context_was_set: bool,
    /// The context that was set last, while the request for another one was in flight (D-120).
    next_context: Option<NextContext>,
    /// Of the last answer that was applied; only with one key (D-60, D-72).
    etag: Option<String>,
    /// Between polls; the Edge may change it.
    interval: Duration,
    /// While the Edge cannot stream: when to try again.
    poll_until: Option<Millis>,
    /// Streams in a row that had another content type.
    wrong_types: u8,
    backoff: Delays,
    refused: Delays,
    /// The least delay that the stream asked for (`retry:`).
    reconnect_floor: Duration,
    /// When the last two requests went out.
    recent: [Option<Millis>; 2],
    /// Where a redirect leads, where the last request went, and how many redirects there were in a row.
    following: Option<(RequestKind, SecretUrl)>,
    last_url: Option<SecretUrl>,
    hops: u8,
    last_ticket: u64,
    /// Has the Edge ever sent a list? (D-68)
    contacted: bool,
    /// Are there features for the present context?
    listed: bool,
    /// Is the present context so new that the features that are held are another's?
    switching: bool,
    /// While switching: the context that the features were evaluated for; `None` if they are rules.
    held_for: Option<Arc<Attributes>>,
    /// Has the Edge refused this client, and not answered well since?
    failed: bool,
    errands: Vec<Pending>,
    last_contact: Option<Millis>,
    status: Status,
    shown: Status,
    actions: VecDeque<Action>,
    /// Are features to be published, and why? Once for each input: rules of their own for each event of a large chunk would lie here
    /// side by side.
    unpublished: Option<Cause>,
    /// What those who wait are told, last of all: by then features and status are out.
    settled: Vec<Action>,
}

#[derive(Debug)]
enum State {
    Idle,
    /// The next request goes out at this time; until then the connection is shown as this.
    Due {
        at: Millis,
        as_: Connection,
    },
    /// A request is out, its answer's head is not in.
    Connecting {
        ticket: Ticket,
        kind: RequestKind,
        asked: Asked,
        until: Millis,
        poll_until: Millis,
    },
    Streaming(Box<Stream>),
    Fetching(Body),
    /// Passive: features are fresh until then.
    Fresh {
        until: Millis,
    },
    /// Passive: the next read fetches.
    Expired,
    Done,
    Halted,
    Offline,
    Stopped,
}

impl Session {
    /// A session that has not begun. The seed draws its delays: give each client another.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let interval = match config.mode {
            Mode::ActivePolling(interval) | Mode::PassivePolling(interval) => interval,
            Mode::Streaming | Mode::OneOff | Mode::Offline => crate::config::DEFAULT_INTERVAL,
        };
        Self {
            random: Random::new(seed),
            now: Millis::default(),
            state: State::Idle,
            repository: Repository::new(config.profile, &config.keys),
            context: Arc::default(),
            header: ContextHeader::default(),
            context_was_set: false,
            next_context: None,
            etag: None,
            interval,
            poll_until: None,
            wrong_types: 0,
            backoff: Delays::default(),
            refused: Delays::default(),
            reconnect_floor: Duration::ZERO,
            recent: [None, None],
            following: None,
            last_url: None,
            hops: 0,
            last_ticket: 0,
            contacted: false,
            listed: false,
            switching: false,
            held_for: None,
            failed: false,
            errands: Vec::new(),
            last_contact: None,
            status: Status::default(),
            shown: Status::default(),
            actions: VecDeque::new(),
            unpublished: None,
            settled: Vec::new(),
            config,
        }
    }

    /// Takes note of what has happened. Drain [`Self::poll`] afterwards.
    pub fn handle(&mut self, now: Millis, input: Input<'_>) {
        self.now = self.now.max(now);
        match input {
            Input::Start => self.start(),
            Input::Tick => self.tick(),
            Input::Stop => self.stop(),
            Input::Refresh(errand) => self.refresh(Pending::without_limit(errand)),
            Input::Touched => self.touched(),
            Input::Context(errand, context) => self.change_context(errand, context),
            Input::Keys(errand, keys) => self.change_keys(errand, keys),
            Input::Opened { ticket, head } => self.opened(ticket, head),
            Input::Bytes { ticket, bytes } => self.bytes(ticket, bytes),
            Input::Closed { ticket, end } => self.closed(ticket, end),
            Input::Stored { source, environment, features } => {
                self.stored(&source, &environment, features);
            }
            Input::StoredFeature { source, environment, feature } => {
                self.stored_feature(&source, &environment, feature);
            }
        }
        self.publish();
        self.show();
        // After the features of the context before: its handles answer with them from here on.
        if self.start_next_context() {
            self.publish();
            self.show();
        }
        self.actions.extend(self.settled.drain(..));
        if planted!(ToldTooEarly) {
            self.actions.make_contiguous().sort_by_key(|it| !matches!(it, Action::Settled(..)));
        }
    }

    /// What to do next; `None` if all is done.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to hand in [`Input::Tick`] if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.state_deadline().into_iter().chain(self.command_deadline()).min()
    }

    fn state_deadline(&self) -> Option<Millis> {
        match &self.state {
            State::Due { at, .. } => Some(*at),
            State::Connecting { .. } if planted!(NoHeadDeadline) => None,
            State::Connecting { until, .. } => Some(*until),
            State::Streaming(_) if planted!(NoIdleDeadline) => None,
            State::Streaming(stream) => Some(stream.deadline(&self.config.limits).0),
            State::Fetching(_) if planted!(NoBodyDeadline) => None,
            State::Fetching(body) => Some(body.until),
            State::Fresh { until } => Some(*until),
            State::Idle
            | State::Expired
            | State::Done
            | State::Halted
            | State::Offline
            | State::Stopped => None,
        }
    }

    /// When the Edge last gave a sign of life: an answer, or a line of a stream.
    #[must_use]
    pub const fn last_contact(&self) -> Option<Millis> {
        self.last_contact
    }

    /// The present status.
    #[must_use]
    pub const fn status(&self) -> &Status {
        &self.status
    }

    fn start(&mut self) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        self.restart_command_limits();
        if self.config.mode == Mode::Offline {
            self.state = State::Offline;
            self.settle(&Ok(()));
        } else {
            self.connect();
        }
    }

    fn stop(&mut self) {
        if !planted!(EndLeavesRequest) {
            self.give_up();
        }
        self.state = State::Stopped;
        self.settle(&Err(Problem::Closed));
        self.refuse_next_context(&Problem::Closed);
    }

    fn tick(&mut self) {
        let now = self.now;
        match &self.state {
            State::Due { at, .. } if *at <= now => self.connect(),
            State::Connecting { until, .. } if *until <= now && !planted!(NoHeadDeadline) => {
                self.give_up();
                self.trouble(Problem::TimedOut(Stage::Head), None);
            }
            State::Fetching(body) if body.until <= now && !planted!(NoBodyDeadline) => {
                self.give_up();
                self.trouble(Problem::TimedOut(Stage::Body), None);
            }
            State::Streaming(stream) if !planted!(NoIdleDeadline) => {
                let (until, stage) = stream.deadline(&self.config.limits);
                if until <= now {
                    self.stream_given_up(Problem::TimedOut(stage));
                }
            }
            State::Fresh { until } if *until <= now && planted!(PassiveIsActive) => self.connect(),
            State::Fresh { until } if *until <= now => {
                self.state = State::Expired;
                self.actions.push_back(Action::Arm);
            }
            _ => {}
        }
        self.expire_commands();
    }

    /// Closes whatever request is in flight. The state is the caller's to set.
    fn give_up(&mut self) {
        let ticket = match &self.state {
            State::Connecting { ticket, .. } => Some(*ticket),
            State::Streaming(stream) => {
                let (ticket, opened) = (stream.ticket, stream.opened);
                if !planted!(DelaysOutliveHealth) {
                    self.was_open_since(opened);
                }
                Some(ticket)
            }
            State::Fetching(body) => Some(body.ticket),
            _ => None,
        };
        self.actions.extend(ticket.map(Action::Abort));
        self.following = None;
    }

    /// Is this news about the request in flight?
    fn is_live(&self, ticket: Ticket) -> bool {
        if planted!(TicketsIgnored) {
            return true;
        }
        match &self.state {
            State::Connecting { ticket: live, .. } => *live == ticket,
            State::Streaming(stream) => stream.ticket == ticket,
            State::Fetching(body) => body.ticket == ticket,
            _ => false,
        }
    }

    fn evaluates_here(&self) -> bool {
        self.config.keys.kind() == KeyKind::ClientEvaluated
    }

    /// Are there features, and those of the present context?
    fn serves(&self) -> bool {
        self.listed && !self.switching
    }

    fn readiness(&self) -> Readiness {
        match (&self.state, self.failed, self.listed) {
            (State::Stopped, _, _) => Readiness::Closed,
            (_, true, _) => Readiness::Failed,
            (_, false, true) => Readiness::Ready,
            (_, false, false) => Readiness::NotReady,
        }
    }

    /// Publishes the status if it has changed.
    fn show(&mut self) {
        self.status.readiness = self.readiness();
        let (connection, next) = match &self.state {
            State::Idle => (Connection::Idle, None),
            State::Due { at, as_ } => (*as_, Some(*at)),
            State::Connecting { .. } | State::Fetching(_) => (Connection::Connecting, None),
            State::Streaming(_) => (Connection::Streaming, None),
            State::Fresh { .. } | State::Expired => (Connection::Resting, None),
            State::Done => (Connection::Done, None),
            State::Halted => (Connection::Halted, None),
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
        // Neither contexts nor payloads: they are people's data.
        f.debug_struct("Session")
            .field("config", &self.config)
            .field("state", &self.state)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
