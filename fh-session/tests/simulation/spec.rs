//! The state machine once more, as the pages of the specification have it and as an observer can follow it: what each thing
//! that happens leads to. Delays that are drawn are ranges here; everything else is exact.

mod answers;
mod asked;
mod outcome;
mod stream;

use std::time::Duration;

use fh_session::{Config, Connection, KeyKind, Mode, Problem, Readiness, RequestKind};

use crate::edge::{Ending, Facts};
use crate::wire::Chunk;
use crate::world::KEYS;

/// What happened.
#[derive(Debug)]
pub enum Fact<'a> {
    Start,
    Tick,
    Stop,
    Refresh,
    Touched,
    Context {
        same: bool,
        too_many: bool,
    },
    Keys(usize),
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
}

/// What it has to lead to.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Expected {
    pub send: Option<RequestKind>,
    pub abort: bool,
    pub settled: Settled,
    pub arm: bool,
    /// The first list, or the first for this context, is served.
    pub first: bool,
}

#[derive(Debug, Default, Clone, PartialEq)]
pub enum Settled {
    #[default]
    None,
    /// The errand that came with this.
    This(bool),
    /// Every errand: well or not.
    All(bool),
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

    /// Between which times the next deadline lies.
    pub fn deadline(&self) -> Option<Range> {
        match &self.phase {
            Phase::Due(range) | Phase::Fresh(range) => Some(*range),
            Phase::Sent { until } | Phase::Body { until } => Some((*until, *until)),
            Phase::Stream(open) => Some(self.stream_deadline(open)),
            _ => None,
        }
    }

    /// Follows one step. `due` is the deadline that the client had before it.
    pub fn step(&mut self, now: u64, fact: &Fact<'_>, due: Option<u64>, shown: &Shown) {
        self.now = now;
        self.expected = Expected::default();
        match fact {
            Fact::Start if self.phase == Phase::Idle => self.start(),
            Fact::Start | Fact::Late => {}
            Fact::Tick => {
                if due.is_some_and(|due| due <= now) {
                    self.tick();
                }
            }
            Fact::Stop => {
                self.give_up();
                self.phase = Phase::Stopped;
                self.settle(false);
            }
            Fact::Refresh => self.refresh(),
            Fact::Touched => {
                if self.phase == Phase::Expired {
                    self.connect();
                }
            }
            Fact::Context { same, too_many } => self.context(*same, *too_many),
            Fact::Keys(keys) => self.change_keys(*keys),
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
    }

    fn start(&mut self) {
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
        self.expected.abort =
            matches!(self.phase, Phase::Sent { .. } | Phase::Body { .. } | Phase::Stream(_));
    }

    fn was_open_since(&mut self, opened: u64) {
        if self.now - opened >= millis(self.config.healthy_after) {
            self.well();
        }
    }

    /// All errands are settled, unless something before has done so.
    fn settle(&mut self, well: bool) {
        if self.expected.settled == Settled::None {
            self.expected.settled = Settled::All(well);
        }
    }

    fn well(&mut self) {
        self.failures = 0;
        self.brief_used = false;
    }
}
