//! A second state machine, written from the specification, with the knowledge of an observer. It computes the expected consequences of each
//! event. Random delays are ranges here; everything else is exact.

mod answers;
mod commands;
mod outcome;
mod stream;
mod suspension;

use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::status::Connection;
use fh_session::{CommandId, Config, KeyKind, Mode, RequestKind, WhileSwitching};

use crate::edge::{Ending, Facts};
use crate::wire::Chunk;
use crate::world::KEYS;

/// An event or a command.
#[derive(Debug)]
pub enum Fact<'a> {
    Start,
    Tick,
    Stop,
    Refresh(CommandId),
    FeatureRead,
    Suspend,
    Resume,
    /// The context of this user; `None` for a context with too many attributes.
    Context(CommandId, Option<usize>),
    Keys(CommandId, usize),
    Opened(&'a Facts),
    Bytes(&'a Chunk),
    Closed(Ending, &'a Facts),
    /// An event of an aborted request.
    Late,
    Stored {
        fine: bool,
    },
    StoredFeature,
}

/// The state that the client showed after the event, and what it published.
#[derive(Debug, Clone)]
pub struct Shown {
    pub readiness: Readiness,
    pub connection: Connection,
    pub problem: Option<Problem>,
    pub published: bool,
    /// True if the client published the first list of a context.
    pub first: bool,
    /// True if the client asked its driver to report the next read.
    pub report_reads: bool,
}

/// The expected consequences of an event.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Expected {
    pub send: Option<RequestKind>,
    pub abort: bool,
    pub settled: Vec<(CommandId, Outcome)>,
    /// The environments that no key opens any more.
    pub revoked: Vec<&'static str>,
    pub report_reads: bool,
    /// True if the first list, or the first list of this context, is served.
    pub first: bool,
    /// True if the client received a list and did not apply it.
    pub doubted: bool,
    /// True if the client may have applied a list or an update.
    pub renewed: bool,
}

/// The outcome of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Well,
    Ill,
    /// A newer context has replaced this one (D-120).
    Superseded,
    /// The caller's own time limit has passed.
    TooLate,
}

/// A command without an outcome yet.
#[derive(Debug, Clone, Copy)]
pub struct Pending {
    command_id: CommandId,
    /// The time limit of the caller, if the command sets a context: as long as a poll may take (D-120).
    expires: Option<u64>,
}

/// The earliest and the latest time.
pub type Range = (u64, u64);

#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    Idle,
    Due(Range),
    /// Only the pace delays the next request.
    Paced(u64),
    Sent {
        until: u64,
    },
    Body {
        until: u64,
    },
    Stream(Open),
    Fresh(Range),
    Expired,
    Done,
    Halted,
    Offline,
    Stopped,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    opened: u64,
    pub has_data: bool,
    doubt: Option<&'static str>,
    bye: bool,
    last: bool,
    bytes: u64,
    /// The time of the last progress, and the number of bytes that arrived after it.
    progress: u64,
    progress_bytes: u64,
    last_byte: u64,
    last_line: u64,
    /// The earliest possible and the real start of the unfinished event.
    begun: Option<Range>,
    unfinished: u64,
}

pub struct Spec {
    pub config: Config,
    pub phase: Phase,
    pub suspended: bool,
    pub keys: usize,
    now: u64,
    /// Failures since the last success. The next field is true if the short delay after the end of a stream was used.
    failures: u32,
    brief_used: bool,
    refusals: u32,
    interval: u64,
    fallback: Option<u64>,
    wrong_types: u8,
    held_streams: u32,
    hops: u8,
    /// The wait between the poll in the middle of a long gap and the next stream, while that poll is due or in flight (D-64).
    gap: Option<Range>,
    /// The delay that `retry:` requested.
    floor: u64,
    following: Option<RequestKind>,
    /// True if the last request follows a redirect.
    pub follows: bool,
    kind: RequestKind,
    recent: [Option<u64>; 2],
    poll_until: u64,
    pub contacted: bool,
    pub listed: bool,
    /// The last lists, if they may be those of an outdated replica: the time of the first one, and their number.
    outdated: Option<(u64, u32)>,
    /// True if the held features belong to another context.
    pub switching: bool,
    pub failed: bool,
    /// True if the Edge wanted no more requests after the last event.
    pub stale: bool,
    pub problem: Option<&'static str>,
    pub etag: Option<String>,
    /// False if an observer cannot know whether the etag was dropped.
    pub etag_is_sure: bool,
    /// True if features are held; `None` if an observer cannot know.
    pub held: Option<bool>,
    /// The user of the current request.
    pub asked: usize,
    /// True if that context was set after the start.
    was_set: bool,
    /// The user whose request is sent next, because a request for another one is in flight (D-120).
    next: Option<(usize, Vec<Pending>)>,
    /// While switching: the user whose features are held; `None` if they are rules.
    holder: Option<usize>,
    pending: Vec<Pending>,
    pub expected: Expected,
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

impl Spec {
    pub fn new(config: Config, keys: usize) -> Self {
        let interval = match config.mode {
            Mode::Polling(interval) | Mode::Passive(interval) => interval,
            _ => fh_session::DEFAULT_INTERVAL,
        };
        Self {
            config,
            phase: Phase::Idle,
            suspended: false,
            keys,
            now: 0,
            failures: 0,
            brief_used: false,
            refusals: 0,
            interval: millis(interval),
            fallback: None,
            wrong_types: 0,
            held_streams: 0,
            hops: 0,
            gap: None,
            floor: 0,
            following: None,
            follows: false,
            kind: RequestKind::Poll,
            recent: [None; 2],
            poll_until: 0,
            contacted: false,
            listed: false,
            outdated: None,
            switching: false,
            failed: false,
            stale: false,
            problem: None,
            etag: None,
            etag_is_sure: true,
            held: Some(false),
            asked: 0,
            was_set: false,
            next: None,
            holder: None,
            pending: Vec::new(),
            expected: Expected::default(),
        }
    }

    pub fn evaluates_here(&self) -> bool {
        KEYS[self.keys].kind == KeyKind::ClientEvaluated
    }

    pub fn several(&self) -> bool {
        KEYS[self.keys].texts.len() > 1
    }

    fn streams(&self) -> bool {
        self.config.mode == Mode::Streaming && !self.several()
    }

    pub fn interval(&self) -> u64 {
        self.interval
    }

    /// Returns the interval of polls for which the Edge requests none.
    fn own_interval(&self) -> u64 {
        match self.config.mode {
            Mode::Polling(interval) | Mode::Passive(interval) => millis(interval),
            _ if self.held_streams >= 2 => 30_000,
            _ => millis(fh_session::DEFAULT_INTERVAL),
        }
    }

    /// Returns true if all lists of the last hour, and at least three, may be those of an outdated replica, so that the client follows it.
    pub fn follows_older(&self) -> bool {
        self.outdated.is_some_and(|(since, lists)| lists >= 3 && self.now - since >= 3_600_000)
    }

    /// Returns true if there are features of the current context.
    pub fn serves(&self) -> bool {
        self.listed && !self.switching
    }

    /// Returns true if the Edge wants no more requests: after the client has halted, or while a stream with status 236 is open and the client
    /// has features (D-22, D-23, D-67).
    fn is_stale(&self) -> bool {
        match &self.phase {
            Phase::Halted => true,
            Phase::Stream(open) => self.is_last(open),
            Phase::Stopped => self.stale,
            _ => false,
        }
    }

    pub fn readiness(&self) -> Readiness {
        match (&self.phase, self.failed, self.listed) {
            (Phase::Stopped, ..) => Readiness::Closed,
            (_, true, _) => Readiness::Failed,
            (_, _, true) => Readiness::Ready,
            _ => Readiness::NotReady,
        }
    }

    /// Returns the user whose context was set last.
    pub fn newest(&self) -> usize {
        self.next.as_ref().map_or(self.asked, |(user, _)| *user)
    }

    /// Returns the user whose features are served; `None` if they are rules.
    pub fn served_for(&self) -> Option<usize> {
        if self.switching { self.holder } else { (!self.evaluates_here()).then_some(self.asked) }
    }

    /// Returns the second user for whom kept values must answer.
    pub fn kept_for(&self) -> Option<usize> {
        let keeps = self.config.while_switching == WhileSwitching::Keep;
        (keeps && self.switching).then(|| self.newest())
    }

    /// Returns the range in which the next deadline lies.
    pub fn deadline(&self) -> Option<Range> {
        let waiting = self.next.iter().flat_map(|(_, pending)| pending);
        let command = self.pending.iter().chain(waiting).filter_map(|each| each.expires).min();
        let command = command.filter(|_| self.phase != Phase::Idle);
        match (self.phase_deadline(), command) {
            (Some((low, high)), Some(command)) => Some((low.min(command), high.min(command))),
            (range, command) => range.or(command.map(|at| (at, at))),
        }
    }

    fn phase_deadline(&self) -> Option<Range> {
        match &self.phase {
            _ if self.is_dormant() => None,
            Phase::Due(range) | Phase::Fresh(range) => Some(*range),
            Phase::Paced(at) => Some((*at, *at)),
            Phase::Sent { until } | Phase::Body { until } => Some((*until, *until)),
            Phase::Stream(open) => Some(self.stream_deadline(open)),
            _ => None,
        }
    }

    /// Computes the consequences of one event.
    pub fn step(&mut self, now: u64, fact: &Fact<'_>, shown: &Shown) {
        self.now = now;
        self.expected = Expected::default();
        match fact {
            Fact::Start if self.phase == Phase::Idle => self.start(),
            Fact::Start | Fact::Late => {}
            Fact::Tick => {
                if self.phase_deadline().is_some_and(|(low, high)| {
                    // An observer does not always know when an event of the stream began.
                    high <= now || (low <= now && shown.connection != Connection::Streaming)
                }) {
                    self.tick();
                }
                self.expire();
            }
            Fact::Stop => {
                self.give_up();
                self.phase = Phase::Stopped;
                self.settle(false);
                self.end_next(Outcome::Ill);
            }
            Fact::Refresh(command_id) => {
                self.refresh(Pending { command_id: *command_id, expires: None });
            }
            Fact::FeatureRead => {
                if self.phase == Phase::Expired && !self.suspended {
                    self.connect();
                }
            }
            Fact::Suspend => self.suspend(),
            Fact::Resume => self.resume(shown),
            Fact::Context(command_id, user) => self.context(*command_id, *user),
            Fact::Keys(command_id, keys) => self.change_keys(*command_id, *keys),
            Fact::Opened(facts) => self.opened(facts),
            Fact::Bytes(chunk) => self.bytes(chunk, shown),
            Fact::Closed(ending, facts) => self.closed(*ending, facts, shown),
            Fact::Stored { fine } => self.stored(*fine, shown),
            Fact::StoredFeature => {
                if self.phase != Phase::Stopped && !self.switching {
                    self.held = None;
                    self.forget_etag(shown);
                }
            }
        }
        self.stale = self.is_stale();
        self.start_next();
        self.stale = self.is_stale();
    }

    fn start(&mut self) {
        let expires = self.now + millis(self.config.limits.poll);
        for pending in self.pending.iter_mut().filter(|pending| pending.expires.is_some()) {
            pending.expires = Some(expires);
        }
        if self.config.mode == Mode::Offline {
            self.phase = Phase::Offline;
            self.settle(true);
        } else if self.suspended && self.pending.is_empty() {
            self.phase = Phase::Due((self.now, self.now));
        } else {
            self.connect();
        }
    }

    fn tick(&mut self) {
        match self.phase.clone() {
            Phase::Due(_) | Phase::Paced(_) => self.connect(),
            Phase::Sent { .. } if self.kind == RequestKind::Stream => {
                self.give_up();
                self.held_back("timed_out");
            }
            Phase::Sent { .. } | Phase::Body { .. } => {
                self.give_up();
                self.trouble("timed_out", 0);
            }
            Phase::Stream(open) => {
                self.give_up();
                self.stream_trouble(&open, self.stream_problem(&open));
            }
            Phase::Fresh(_) => {
                self.phase = Phase::Expired;
                self.expected.report_reads = true;
            }
            _ => {}
        }
    }

    /// Sends a request, but at most two within the pace.
    fn connect(&mut self) {
        let [before_last, last] = self.recent;
        let earliest = before_last.map(|sent| sent + millis(self.config.pace));
        if let Some(at) = earliest.filter(|at| *at > self.now) {
            self.phase = Phase::Paced(at);
            return;
        }
        self.recent = [last, Some(self.now)];
        self.follows = self.following.is_some();
        if !self.follows {
            self.hops = 0;
        }
        self.kind = match self.following.take() {
            Some(kind) => kind,
            None => self.next_kind(),
        };
        self.expected.send = Some(self.kind);
        let limits = &self.config.limits;
        let head = match self.kind {
            RequestKind::Poll => limits.head.min(limits.poll),
            RequestKind::Stream => limits.head,
        };
        self.phase = Phase::Sent { until: self.now + millis(head) };
        self.poll_until = self.now + millis(self.config.limits.poll);
    }

    fn next_kind(&mut self) -> RequestKind {
        if !self.streams() || self.suspended || self.gap.is_some() {
            return RequestKind::Poll;
        }
        match self.fallback {
            Some(until) if self.now < until => RequestKind::Poll,
            _ => {
                self.fallback = None;
                RequestKind::Stream
            }
        }
    }

    /// Ends the request in flight.
    fn give_up(&mut self) {
        if let Phase::Stream(open) = &self.phase {
            let (opened, has_data) = (open.opened, open.has_data);
            self.was_open_since(opened, has_data);
        }
        self.following = None;
        self.expected.abort |=
            matches!(self.phase, Phase::Sent { .. } | Phase::Body { .. } | Phase::Stream(_));
    }

    fn was_open_since(&mut self, opened: u64, has_data: bool) {
        if has_data && self.now - opened >= millis(self.config.healthy_after) {
            self.well();
        }
    }

    /// Gives this outcome to all commands that wait for the current request.
    fn settle(&mut self, well: bool) {
        let outcome = if well { Outcome::Well } else { Outcome::Ill };
        let pending = std::mem::take(&mut self.pending);
        self.end_all(pending, outcome);
    }

    fn end_all(&mut self, pending: Vec<Pending>, outcome: Outcome) {
        self.expected.settled.extend(pending.iter().map(|each| (each.command_id, outcome)));
    }

    fn well(&mut self) {
        self.failures = 0;
        self.brief_used = false;
    }
}
