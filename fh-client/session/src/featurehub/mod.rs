//! The protocol of a FeatureHub client as a state machine. The session decides which actions are due, and a driver performs them.
//!
//! Every state in which the session waits for the Edge has a deadline, so that no failure can stop a client silently. There is no deadline
//! before the start, and none for a client that is offline, halted or closed, or suspended without a poll in flight. A passive client whose
//! features may be outdated has no deadline either, nor has a one-off client that is done.

mod access;
mod answer;
mod connect;
mod contexts;
mod held;
mod outcome;
mod pending;
mod request;
mod stream;
mod suspension;
mod update;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::problem::{Problem, Stage};
use fh_repository::publication::Cause;
use fh_repository::readiness::Readiness;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;

use crate::action::{Action, Input, RequestId, RequestKind};
use crate::config::{Config, Mode};
use crate::context_header::ContextHeader;
use crate::delay::{Delays, Random, Recent};
use crate::edge_url::SecretUrl;
use crate::feature_set::FeatureSet;
use crate::key::KeyKind;
use crate::response_class::RequestCondition;
use access::Access;
use answer::Body;
use contexts::NextContext;
use held::Held;
use pending::Pending;
use stream::Stream;

/// The state of one client's communication with an Edge.
///
/// A driver passes events with their time to the session, and performs the actions that the session returns; see [`Input`] and [`Action`].
/// At most one request is in flight: before [`Action::Send`] for the next request, the previous request has ended or gets
/// [`Action::Abort`].
///
/// ```
/// use fh_repository::time::Millis;
/// use fh_session::{Action, ApiKeys, Config, EdgeUrl, End, Input, ResponseHead, Session};
/// let edge = EdgeUrl::parse("https://edge.example")?;
/// let mut session = Session::new(Config::new(edge, ApiKeys::parse(["env/key*"])?), 42);
/// session.handle(Millis::new(0), Input::Start);
/// let Some(Action::Send(request_id, request)) = session.poll() else { panic!() };
/// assert_eq!(request.url.expose(), "https://edge.example/features/env/key*");
/// let head = ResponseHead::new(200).header("content-type", "text/event-stream");
/// session.handle(Millis::new(80), Input::Opened { request_id, head: &head });
/// session.handle(Millis::new(90), Input::Bytes { request_id, bytes: b"event: features\ndata: []\n\n" });
/// assert!(std::iter::from_fn(|| session.poll()).any(|action| matches!(action, Action::Publish(_))));
/// session.handle(Millis::new(30_000), Input::Closed { request_id, end: End::Complete });
/// assert!(session.deadline().unwrap() <= Millis::new(31_000)); // soon again
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session {
    config: Config,
    random: Random,
    /// The latest time that the driver passed in. An earlier time that is passed in later is ignored.
    now: Millis,
    state: State,
    feature_set: FeatureSet,
    /// The current context of server-evaluated keys. A newer context may wait in `next_context`.
    context: Arc<Attributes>,
    header: ContextHeader,
    /// True if [`Self::adopt`] set the current context after the start.
    context_was_set: bool,
    /// The context that waits, because it was set while the request for another context was in flight. `None` if no context waits.
    next_context: Option<NextContext>,
    /// The etag of the poll that the held features come from; `None` if there was no such poll, if it had no etag or was not applied as a
    /// whole, or if the features, the context's header or the keys have changed since. The etag is sent with a single key only.
    etag: Option<String>,
    /// The time between polls. The Edge may change this time by `max-age`.
    interval: Duration,
    /// The time of the next attempt to stream; `None` unless the client polls because the Edge cannot stream or its streams are held back.
    poll_until: Option<Millis>,
    /// Number of the last answers to stream requests that had a wrong content type, in a row and since the keys were changed.
    wrong_types: u8,
    /// Number of the last stream requests that were held back or got no response in time, since a stream last sent a list and since the keys
    /// were changed.
    held_streams: u8,
    backoff: Delays,
    refused: Delays,
    /// The time from the next poll, which follows a stream that had features, to the next stream; `None` if no such poll is due or in flight.
    gap: Option<Duration>,
    /// The minimum delay before a reconnect, as a stream last requested with `retry:`; zero if no stream has requested a delay.
    reconnect_floor: Duration,
    recent: Recent,
    /// The URL of the last request; `None` before the first request, and after a redirect until the next request.
    last_url: Option<SecretUrl>,
    /// Number of redirects since the last request that followed no redirect.
    hops: u8,
    last_request_id: u64,
    access: Access,
    held: Held,
    command_ids: Vec<Pending>,
    /// True from [`Input::Suspend`] until [`Input::Resume`].
    is_suspended: bool,
    last_contact: Option<Millis>,
    status: SessionStatus,
    /// The status that was published last; the default status if none was published. `status` may change in several steps before it is
    /// published.
    shown: SessionStatus,
    actions: VecDeque<Action>,
    /// The cause of the pending publication; `None` if no publication is pending. An input leads to at most one publication, or two if it
    /// also ends the wait of a context, because each publication holds a set of rules, and a large chunk may hold many events.
    unpublished: Option<Cause>,
    /// The outcomes of commands, which are reported after features and status are published.
    settled: Vec<Action>,
}

#[derive(Debug)]
enum State {
    Idle,
    /// The session waits for the time of the next request. Until then, the status shows the connection `as_`.
    Due {
        at: Millis,
        as_: Connection,
        /// The redirect that the request follows; `None` if it follows no redirect.
        following: Option<Redirect>,
    },
    /// The session waits for the head of the response.
    Connecting {
        request_id: RequestId,
        kind: RequestKind,
        asked: RequestCondition,
        until: Millis,
        poll_until: Millis,
    },
    Streaming(Box<Stream>),
    Fetching(Body),
    /// The client polls passively. A read of a feature before the time `until` sends no request.
    Fresh {
        until: Millis,
    },
    /// The client polls passively. The next read of a feature causes a request.
    Expired,
    Done,
    Halted,
    Offline,
    Stopped,
}

/// The kind of a redirected request, and the target of the redirect.
type Redirect = (RequestKind, SecretUrl);

impl State {
    /// Returns the id of the request in flight; `None` if there is none.
    const fn request_id(&self) -> Option<RequestId> {
        match self {
            Self::Connecting { request_id, .. } => Some(*request_id),
            Self::Streaming(stream) => Some(stream.request_id),
            Self::Fetching(body) => Some(body.request_id),
            Self::Idle
            | Self::Due { .. }
            | Self::Fresh { .. }
            | Self::Expired
            | Self::Done
            | Self::Halted
            | Self::Offline
            | Self::Stopped => None,
        }
    }
}

impl Session {
    /// Creates a session that has not started. The seed determines the random delays of the session. Give each client a different seed, so
    /// that clients do not all retry at the same time.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let interval = match config.mode {
            Mode::Polling(interval) | Mode::Passive(interval) => interval,
            Mode::Streaming | Mode::Once | Mode::Offline => crate::config::DEFAULT_INTERVAL,
        };
        Self {
            random: Random::new(seed),
            now: Millis::default(),
            state: State::Idle,
            feature_set: FeatureSet::new(config.profile, &config.keys),
            context: Arc::default(),
            header: ContextHeader::default(),
            context_was_set: false,
            next_context: None,
            etag: None,
            interval,
            poll_until: None,
            wrong_types: 0,
            held_streams: 0,
            backoff: Delays::default(),
            refused: Delays::default(),
            gap: None,
            reconnect_floor: Duration::ZERO,
            recent: Recent::default(),
            last_url: None,
            hops: 0,
            last_request_id: 0,
            access: Access::default(),
            held: Held::default(),
            command_ids: Vec::new(),
            is_suspended: false,
            last_contact: None,
            status: SessionStatus::default(),
            shown: SessionStatus::default(),
            actions: VecDeque::new(),
            unpublished: None,
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
            Input::Refresh(command_id) => self.refresh(Pending::without_limit(command_id)),
            Input::FeatureRead => self.feature_read(),
            Input::Context(command_id, context) => self.change_context(command_id, context),
            Input::Keys(command_id, keys) => self.change_keys(command_id, keys),
            Input::Opened { request_id, head } => self.opened(request_id, head),
            Input::Bytes { request_id, bytes } => self.bytes(request_id, bytes),
            // A session with an Edge opens no sockets.
            Input::Progress { .. } | Input::Text { .. } => {}
            Input::Closed { request_id, end } => self.closed(request_id, end),
            Input::Stored { source, environment, features } => {
                self.stored(&source, &environment, features);
            }
            Input::StoredList { source, environment, list } => {
                self.stored_list(&source, &environment, &list);
            }
            Input::StoredFeature { source, environment, feature } => {
                self.stored_feature(&source, &environment, feature);
            }
        }
        self.publish();
        self.show();
        // The features of the previous context are published first, so that reads for that context see them.
        if self.start_next_context() {
            self.publish();
            self.show();
        }
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
        self.state_deadline().into_iter().chain(self.command_deadline()).min()
    }

    fn state_deadline(&self) -> Option<Millis> {
        match &self.state {
            _ if self.is_dormant() => None,
            State::Due { at, .. } => Some(*at),
            State::Connecting { until, .. } => Some(*until),
            State::Streaming(stream) => Some(stream.deadline(&self.config.limits).0),
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

    /// Returns the time when the Edge last sent data for a request that was in flight: the head of a response, or a chunk of its body.
    /// Returns `None` before the first data.
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
        self.restart_command_limits();
        if self.config.mode == Mode::Offline {
            self.state = State::Offline;
            self.settle(&Ok(()));
        } else if self.is_suspended && self.command_ids.is_empty() {
            self.await_resumption();
        } else {
            self.connect();
        }
    }

    fn stop(&mut self) {
        self.give_up();
        self.state = State::Stopped;
        self.settle(&Err(Problem::Closed));
        self.refuse_next_context(&Problem::Closed);
    }

    fn tick(&mut self) {
        let now = self.now;
        match &self.state {
            _ if self.is_dormant() => {}
            State::Due { at, .. } if *at <= now => self.connect(),
            State::Connecting { kind: RequestKind::Stream, until, .. } if *until <= now => {
                self.stream_given_up(Problem::TimedOut(Stage::Head));
            }
            State::Connecting { until, .. } if *until <= now => {
                self.give_up();
                self.trouble(Problem::TimedOut(Stage::Head), None);
            }
            State::Fetching(body) if body.until <= now => {
                self.give_up();
                self.trouble(Problem::TimedOut(Stage::Body), None);
            }
            State::Streaming(stream) => {
                let (until, problem) = stream.deadline(&self.config.limits);
                if until <= now {
                    self.stream_given_up(problem);
                }
            }
            State::Fresh { until } if *until <= now => {
                self.state = State::Expired;
                self.actions.push_back(Action::ReportReads);
            }
            _ => {}
        }
        self.expire_commands();
    }

    /// Aborts the request in flight, if there is one, and drops a pending redirect. The caller sets the next state.
    fn give_up(&mut self) {
        match &mut self.state {
            State::Streaming(stream) => {
                let (opened, has_data) = (stream.opened, stream.has_data);
                self.was_open_since(opened, has_data);
            }
            State::Due { following, .. } => *following = None,
            _ => {}
        }
        self.actions.extend(self.state.request_id().map(Action::Abort));
    }

    /// Returns true if `request_id` is the id of the request in flight.
    fn is_live(&self, request_id: RequestId) -> bool {
        self.state.request_id() == Some(request_id)
    }

    fn evaluates_here(&self) -> bool {
        self.config.keys.kind() == KeyKind::ClientEvaluated
    }

    /// Returns true if the Edge wants no more requests. This begins when the session halts, or as soon as a stream with status
    /// 236 is open and the client has features. A refresh, other keys, and the requests after a pause or a refusal end it.
    fn is_stale(&self) -> bool {
        match &self.state {
            State::Halted => true,
            State::Streaming(stream) => self.is_last(stream),
            State::Stopped => self.status.is_stale,
            _ => false,
        }
    }

    fn readiness(&self) -> Readiness {
        match (&self.state, self.access.is_refused(), self.held.is_served()) {
            (State::Stopped, _, _) => Readiness::Closed,
            (_, true, _) => Readiness::Failed,
            (_, false, true) => Readiness::Ready,
            (_, false, false) => Readiness::NotReady,
        }
    }

    /// Updates the status, and publishes it if it differs from the status that was published last.
    fn show(&mut self) {
        self.status.readiness = self.readiness();
        self.status.is_withheld = self.held.is_withheld();
        self.status.is_stale = self.is_stale();
        let (connection, next) = match &self.state {
            _ if self.is_dormant() => (Connection::Suspended, None),
            State::Idle => (Connection::Idle, None),
            State::Due { at, as_, .. } => (*as_, Some(*at)),
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
        // Contexts and payloads may hold personal data and are not shown.
        f.debug_struct("Session")
            .field("config", &self.config)
            .field("state", &self.state)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
