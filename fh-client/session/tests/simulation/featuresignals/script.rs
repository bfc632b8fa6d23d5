//! One script: a client, a server, the network between them, and users who give commands, all from one seed. At the end the server works
//! without faults, and the client must reach its state.

macro_rules! note {
    ($script:expr, $($text:tt)*) => {
        if let Some(trace) = &mut $script.trace {
            trace.push(format!("{:>9} {}", $script.world, format!($($text)*)));
        }
    };
}

mod network;
mod user_actions;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_session::{End, Input, RequestId, ResponseHead};

use super::client::{Client, Fact, Outside};
use super::connection::{Connection, Kind, Outgoing};
use super::fault::{ErrorBody, Fault};
use super::plan::Plan;
use super::refresh::{Complete, Refresh};
use super::server::{Server, User, Values};
use crate::invariant::{Broken, Invariant, hold};
use crate::random::Random;
use crate::systems::SystemScript;

/// Maximum number of steps. A script that needs more has a client in an endless loop.
const MOST_STEPS: u64 = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Arrives(usize),
    Flows(usize),
    /// The server ends a stream.
    Closes(usize),
    /// A late event of a request that ended long ago.
    Ghost(usize),
    User,
    Changes,
    Faults,
    Heals,
}

pub struct Script {
    pub(super) random: Random,
    pub(super) plan: Plan,
    pub(super) server: Server,
    pub(super) client: Client,
    fault: Option<Fault>,
    pub(super) is_healed: bool,
    connections: Vec<Connection>,
    pub(super) queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    order: u64,
    pub(super) world: u64,
    /// The difference between the client's clock and the world's, in milliseconds.
    pub(super) ahead: u64,
    /// The poll in flight.
    refresh: Option<Refresh>,
    /// The values that the client must serve: those of the last complete poll.
    pub(super) expected: Option<Complete>,
    pub(super) trace: Option<Vec<String>>,
    steps: u64,
}

impl SystemScript for Script {
    const SYSTEM: &'static str = "FeatureSignals";

    fn new(seed: u64, traces: bool) -> Self {
        let mut random = Random::new(seed ^ 0x00FE_A751_64A1);
        let plan = Plan::draw(&mut random);
        let server = Server::new(&mut random, plan.flags);
        let mut script = Self {
            client: Client::new(&plan, &mut random),
            server,
            fault: None,
            is_healed: false,
            connections: Vec::new(),
            queue: BinaryHeap::new(),
            order: 0,
            world: 0,
            ahead: 1_000 + random.below(1_000_000),
            refresh: None,
            expected: None,
            trace: traces.then(Vec::new),
            steps: 0,
            random,
            plan,
        };
        note!(script, "{:?}", script.plan);
        script
    }

    fn run(&mut self) -> Result<(), Broken> {
        if self.plan.stored {
            self.store_first()?;
        }
        if self.plan.suspends && self.random.percent(10) {
            self.suspend()?;
        }
        if self.random.percent(20) {
            self.set_context()?;
        }
        self.tell(Input::Start, Fact::Command)?;
        let (user, change, fault) = (self.plan.user_gap, self.plan.change_gap, self.plan.fault_gap);
        for (gap, event) in [(user, Event::User), (change, Event::Changes), (fault, Event::Faults)]
        {
            let first = self.random.below(gap);
            self.after(first, event);
        }
        if self.random.percent(30) {
            self.after(0, Event::Faults);
        }
        self.after(self.plan.horizon, Event::Heals);
        while !self.is_healed {
            self.next()?;
            if self.client.session.status().readiness == Readiness::Closed {
                return self.after_the_end();
            }
        }
        self.converge()
    }

    fn story(&self) -> String {
        let trace = self.trace.as_deref().unwrap_or_default();
        let first = trace.first().map_or("", String::as_str);
        format!("{first}\n...\n{}", trace[trace.len().saturating_sub(120)..].join("\n"))
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn reached(&self) -> &BTreeSet<&'static str> {
        &self.client.reached
    }
}

impl Script {
    pub(super) fn after(&mut self, delay: u64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((self.world + delay, self.order, event)));
    }

    /// Runs the next event: the driver's timer, or an event of the queue.
    pub(super) fn next(&mut self) -> Result<(), Broken> {
        let looks = self.client.deadline().map(|at| at.saturating_sub(self.ahead).max(self.world));
        let event = self.queue.peek().map(|Reverse((at, ..))| *at);
        if let Some(at) = looks
            && event.is_none_or(|event| at <= event)
        {
            let is_late = !self.is_healed && self.random.percent(5);
            let late = if is_late { self.random.below(3_000) } else { 0 };
            self.world = at + late;
            note!(self, "tick");
            return self.tell(Input::Tick, Fact::Tick);
        }
        let Some(Reverse((at, _, event))) = self.queue.pop() else {
            self.world += 60_000;
            return Ok(());
        };
        self.world = self.world.max(at);
        match event {
            Event::Arrives(at) => self.arrives(at),
            Event::Flows(at) => return self.flows(at),
            Event::Closes(at) => {
                // The server's write timeout also loses the events that are on their way.
                self.send(at, Outgoing::End(End::Broken("closed")));
            }
            Event::Ghost(at) => return self.ghost(at),
            Event::User => {
                self.user()?;
                let gap = self.random.below(2 * self.plan.user_gap);
                self.after(gap, Event::User);
            }
            Event::Changes => {
                self.server.change(&mut self.random);
                // The server sends no event for a change of a definition or of a segment.
                if self.random.percent(80) {
                    self.announce();
                }
                let gap = self.random.below(2 * self.plan.change_gap);
                self.after(gap, Event::Changes);
            }
            Event::Faults => self.faults(),
            Event::Heals => {
                note!(self, "faults end");
                (self.is_healed, self.fault) = (true, None);
            }
        }
        Ok(())
    }

    pub(super) fn tell(&mut self, input: Input<'_>, fact: Fact) -> Result<(), Broken> {
        self.steps += 1;
        hold(Invariant::Bounded, self.steps <= MOST_STEPS, || format!("{} steps", self.steps))?;
        // The driver may have read its clock a little earlier.
        let glitch = if self.random.percent(3) { self.random.below(2_000) } else { 0 };
        let now = (self.world + self.ahead).saturating_sub(glitch);
        let outside = self.client.tell(now, input, fact)?;
        self.acts(outside)
    }

    fn acts(&mut self, outside: Outside) -> Result<(), Broken> {
        let status = self.client.session.status();
        note!(
            self,
            "    {} {:?} {:?} until {:?} {outside:?}",
            status.connection,
            status.problem,
            status.readiness,
            self.client.deadline().map(|at| at.saturating_sub(self.ahead))
        );
        for request_id in outside.aborted {
            let at = self.find(request_id);
            self.connections[at].gets_events = false;
            if self.connections[at].kind != Kind::Stream {
                self.refresh = None;
            }
            if self.random.percent(30) {
                let late = self.random.below(20_000);
                self.after(late, Event::Ghost(at));
            }
        }
        for (request_id, kind) in outside.sent {
            if kind != Kind::Stream {
                let newest = User::of(&self.client.newest);
                let refresh = self.refresh.take();
                let refresh = refresh.unwrap_or_else(|| Refresh::new(&self.plan, newest));
                refresh.check(&kind)?;
                self.refresh = Some(refresh);
            }
            self.connections.push(Connection::new(request_id, kind));
            let is_slow = !self.is_healed && self.random.percent(3);
            let way = self.random.below(if is_slow { 9_000 } else { 200 });
            self.after(way, Event::Arrives(self.connections.len() - 1));
        }
        if outside.has_published { self.compare() } else { Ok(()) }
    }

    /// Checks that the client serves the values of the last complete poll, and no others.
    pub(super) fn compare(&self) -> Result<(), Broken> {
        let served = self.client.served().map(|(user, values)| Complete { user, values });
        hold(Invariant::InStep, served == self.expected, || {
            format!("serves {served:?}, not {:?}", self.expected)
        })
    }

    fn find(&self, request_id: RequestId) -> usize {
        self.connections.iter().rposition(|it| it.request_id == request_id).unwrap()
    }

    /// Announces a change on all streams that are open.
    pub(super) fn announce(&mut self) {
        const UPDATE: &str = "event: flag-update\ndata: {\"action\":\"UPDATE\",\"env_id\":\"e\",\"flag_id\":\"f\",\"type\":\"flag_update\"}\n\n";
        for at in 0..self.connections.len() {
            if self.connections[at].gets_events {
                note!(self, "announces to {at}");
                let (first, rest) = UPDATE.split_at(self.random.index(UPDATE.len()));
                let pieces = [first, rest].map(|text| Outgoing::Piece(text.into()));
                self.send_all(at, pieces);
            }
        }
    }
}
