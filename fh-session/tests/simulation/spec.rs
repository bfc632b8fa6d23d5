//! The state machine once more, as the pages of the specification have it and as an observer can follow it: what each thing
//! that happens leads to. Delays that are drawn are ranges here; everything else is exact.

mod answers;
mod asked;
mod outcome;
mod stream;

use std::time::Duration;

use fh_session::{
    Config, Connection, Errand, KeyKind, Mode, Problem, Readiness, RequestKind, WhileSwitching,
};

use crate::edge::{Ending, Facts};
use crate::wire::Chunk;
use crate::world::KEYS;

/// What happened.
#[derive(Debug)]
pub enum Fact<'a> {
    Start,
    Tick,
    Stop,
    Refresh(Errand),
    Touched,
    /// Of this user, or of one with too many attributes.
    Context(Errand, Option<usize>),
    Keys(Errand, usize),
    Opened(&'a Facts),
    Bytes(&'a Chunk),
    Closed(Ending, &'a Facts),
    /// News of a request that was given up.
    Late,
    Stored {
        fine: bool,
    },
    StoredFeature,
}

/// What the client showed after it.
#[derive(Debug, Clone)]
pub struct Shown {
    pub readiness: Readiness,
    pub connection: Connection,
    pub problem: Option<Problem>,
    pub published: bool,
    /// True if the first list of a context was in it.
    pub first: bool,
}

/// What it has to lead to.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Expected {
    pub send: Option<RequestKind>,
    pub abort: bool,
    pub settled: Vec<(Errand, Outcome)>,
    /// Environments that no key opens any more.
    pub revoked: Vec<&'static str>,
    pub arm: bool,
    /// The first list, or the first for this context, is served.
    pub first: bool,
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Well,
    Ill,
    /// A newer context has taken the place of this one (D-120).
    Superseded,
    /// The caller's own limit has passed.
    TooLate,
}

/// A command without an outcome yet.
#[derive(Debug, Clone, Copy)]
pub struct Pending {
    errand: Errand,
    /// Of a new context: when its caller has waited for as long as a poll may take (D-120).
    expires: Option<u64>,
}

/// From one time to another.
pub type Range = (u64, u64);

#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    Idle,
    Due(Range),
    Sent { until: u64 },
    Body { until: u64 },
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
    last_byte: u64,
    last_line: u64,
    /// Since when something is begun: at the earliest, and really.
    begun: Option<Range>,
    unfinished: u64,
}

pub struct Spec {
    pub config: Config,
    pub phase: Phase,
    pub keys: usize,
    now: u64,
    /// Failures since all was well, and was the brief delay after a drop used?
    failures: u32,
    brief_used: bool,
    refusals: u32,
    interval: u64,
    fallback: Option<u64>,
    wrong_types: u8,
    hops: u8,
    /// What `retry:` asked for.
    floor: u64,
    following: Option<RequestKind>,
    /// Does the request that went out last follow a redirect?
    pub follows: bool,
    kind: RequestKind,
    recent: [Option<u64>; 2],
    poll_until: u64,
    pub contacted: bool,
    pub listed: bool,
    /// Are the features that are held another context's?
    pub switching: bool,
    pub failed: bool,
    pub stale: bool,
    pub problem: Option<&'static str>,
    pub etag: Option<String>,
    /// May the etag have been dropped?
    pub etag_is_sure: bool,
    /// Are features held? `None` if an observer cannot tell.
    pub held: Option<bool>,
    /// The user of the present request.
    pub asked: usize,
    /// True if that context was set after the start.
    was_set: bool,
    /// The user whose request goes out next, because another one's is in flight (D-120).
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
            Mode::ActivePolling(interval) | Mode::PassivePolling(interval) => interval,
            _ => fh_session::DEFAULT_INTERVAL,
        };
        Self {
            config,
            phase: Phase::Idle,
            keys,
            now: 0,
            failures: 0,
            brief_used: false,
            refusals: 0,
            interval: millis(interval),
            fallback: None,
            wrong_types: 0,
            hops: 0,
            floor: 0,
            following: None,
            follows: false,
            kind: RequestKind::Poll,
            recent: [None; 2],
            poll_until: 0,
            contacted: false,
            listed: false,
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

    /// Are there features that are right for the present context?
    pub fn serves(&self) -> bool {
        self.listed && !self.switching
    }

    pub fn readiness(&self) -> Readiness {
        match (&self.phase, self.failed, self.listed) {
            (Phase::Stopped, ..) => Readiness::Closed,
            (_, true, _) => Readiness::Failed,
            (_, _, true) => Readiness::Ready,
            _ => Readiness::NotReady,
        }
    }

    /// The user whose context was set last.
    pub fn newest(&self) -> usize {
        self.next.as_ref().map_or(self.asked, |(user, _)| *user)
    }

    /// The user whose features are served; `None` if they are rules.
    pub fn served_for(&self) -> Option<usize> {
        if self.switching { self.holder } else { (!self.evaluates_here()).then_some(self.asked) }
    }

    /// The user that former values have to answer for besides their own.
    pub fn kept_for(&self) -> Option<usize> {
        let keeps = self.config.while_switching == WhileSwitching::KeepValues;
        (keeps && self.switching).then(|| self.newest())
    }

    /// Between which times the next deadline lies.
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
            Phase::Due(range) | Phase::Fresh(range) => Some(*range),
            Phase::Sent { until } | Phase::Body { until } => Some((*until, *until)),
            Phase::Stream(open) => Some(self.stream_deadline(open)),
            _ => None,
        }
    }

    /// Follows one step.
    pub fn step(&mut self, now: u64, fact: &Fact<'_>, shown: &Shown) {
        self.now = now;
        self.expected = Expected::default();
        match fact {
            Fact::Start if self.phase == Phase::Idle => self.start(),
            Fact::Start | Fact::Late => {}
            Fact::Tick => {
                if self.phase_deadline().is_some_and(|(low, high)| {
                    // When an event began is not always known from outside.
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
            Fact::Refresh(errand) => self.refresh(Pending { errand: *errand, expires: None }),
            Fact::Touched => {
                if self.phase == Phase::Expired {
                    self.connect();
                }
            }
            Fact::Context(errand, user) => self.context(*errand, *user),
            Fact::Keys(errand, keys) => self.change_keys(*errand, *keys),
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
        self.start_next();
    }

    fn start(&mut self) {
        let expires = self.now + millis(self.config.limits.poll);
        for pending in self.pending.iter_mut().filter(|pending| pending.expires.is_some()) {
            pending.expires = Some(expires);
        }
        if self.config.mode == Mode::Offline {
            self.phase = Phase::Offline;
            self.settle(true);
        } else {
            self.connect();
        }
    }

    fn tick(&mut self) {
        match self.phase.clone() {
            Phase::Due(_) => self.connect(),
            Phase::Sent { .. } | Phase::Body { .. } => {
                self.give_up();
                self.trouble("timed_out", 0);
            }
            Phase::Stream(open) => {
                self.give_up();
                self.stream_trouble(&open, "timed_out");
            }
            Phase::Fresh(_) => {
                self.phase = Phase::Expired;
                self.expected.arm = true;
            }
            _ => {}
        }
    }

    /// At most two requests within the pace.
    fn connect(&mut self) {
        let [before_last, last] = self.recent;
        let earliest = before_last.map(|sent| sent + millis(self.config.pace));
        if let Some(at) = earliest.filter(|at| *at > self.now) {
            self.phase = Phase::Due((at, at));
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
        if !self.streams() {
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

    /// The request in flight ends.
    fn give_up(&mut self) {
        if let Phase::Stream(open) = &self.phase {
            let opened = open.opened;
            self.was_open_since(opened);
        }
        self.following = None;
        self.expected.abort |=
            matches!(self.phase, Phase::Sent { .. } | Phase::Body { .. } | Phase::Stream(_));
    }

    fn was_open_since(&mut self, opened: u64) {
        if self.now - opened >= millis(self.config.healthy_after) {
            self.well();
        }
    }

    /// All commands that wait for the present request have this outcome.
    fn settle(&mut self, well: bool) {
        let outcome = if well { Outcome::Well } else { Outcome::Ill };
        let pending = std::mem::take(&mut self.pending);
        self.end_all(pending, outcome);
    }

    fn end_all(&mut self, pending: Vec<Pending>, outcome: Outcome) {
        self.expected.settled.extend(pending.iter().map(|each| (each.errand, outcome)));
    }

    fn well(&mut self) {
        self.failures = 0;
        self.brief_used = false;
    }
}
