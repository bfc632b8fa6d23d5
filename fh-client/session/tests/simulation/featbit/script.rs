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
mod server_events;
mod user_actions;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use fh_eval::{Attributes, Timestamp};
use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::Connection as Shown;
use fh_session::featbit::Mode;
use fh_session::{End, Input, RequestId, ResponseHead};

use super::client::{Client, Fact, Outside};
use super::connection::{Connection, Kind, Outgoing};
use super::fault::{Blocks, Fault};
use super::plan::Plan;
use super::server::{self, BEGIN, Message, Server};
use crate::invariant::{Broken, Invariant, hold};
use crate::random::Random;
use crate::systems::SystemScript;

/// Maximum number of steps. A script that needs more has a client in an endless loop.
const MOST_STEPS: u64 = 100_000;
/// Maximum difference between the clock of a token and the server's, in milliseconds.
const TOLERATED: i64 = 30_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives(usize),
    Reads(usize),
    Answers(usize),
    Flows(usize),
    Closes(usize),
    /// A late event of a request that ended long ago.
    Ghost(usize),
    User,
    Changes,
    Faults,
    Jumps,
    Heals,
}

pub struct Script {
    random: Random,
    plan: Plan,
    server: Server,
    client: Client,
    fault: Option<Fault>,
    blocks: Option<Blocks>,
    is_healed: bool,
    connections: Vec<Connection>,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    order: u64,
    world: u64,
    /// The difference between the client's clock and the world's, in milliseconds.
    ahead: u64,
    /// The difference of the client's time of day to the server's, in milliseconds.
    wall_off: i64,
    /// True if the client has got all flags, or a bootstrap document.
    may_be_ready: bool,
    /// Number of the server's changes that the last full message showed that the client got.
    full: Option<u64>,
    trace: Option<Vec<String>>,
    steps: u64,
}

impl SystemScript for Script {
    const SYSTEM: &'static str = "FeatBit";

    fn new(seed: u64, traces: bool) -> Self {
        let mut random = Random::new(seed ^ 0xFEA7_B170);
        let plan = Plan::draw(&mut random);
        let server = Server::new(&mut random, plan.flags);
        let blocks = plan.is_blocked.then(|| Blocks::draw(&mut random));
        let mut script = Self {
            client: Client::new(&plan, &mut random),
            server,
            fault: None,
            blocks,
            is_healed: false,
            connections: Vec::new(),
            queue: BinaryHeap::new(),
            order: 0,
            world: 0,
            ahead: 1_000 + random.below(1_000_000),
            wall_off: plan.wall_off,
            may_be_ready: plan.mode == Mode::Offline,
            full: None,
            trace: traces.then(Vec::new),
            steps: 0,
            random,
            plan,
        };
        note!(script, "{:?} {:?}", script.plan, script.blocks);
        script
    }

    fn run(&mut self) -> Result<(), Broken> {
        if self.plan.bootstrap && self.random.percent(50) {
            self.bootstrap()?;
        }
        if self.plan.suspends && self.random.percent(10) {
            self.suspend()?;
        }
        self.tell(Input::Start, Fact::Command)?;
        if self.plan.bootstrap {
            self.bootstrap()?;
        }
        let (user, change, fault) = (self.plan.user_gap, self.plan.change_gap, self.plan.fault_gap);
        for (gap, event) in [(user, Event::User), (change, Event::Changes), (fault, Event::Faults)]
        {
            let first = self.random.below(gap);
            self.after(first, event);
        }
        if self.plan.jumps {
            let at = self.random.below(self.plan.horizon);
            self.after(at, Event::Jumps);
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

    fn reached(&self) -> &BTreeSet<&'static str> {
        &self.client.reached
    }

    fn story(&self) -> String {
        let trace = self.trace.as_deref().unwrap_or_default();
        let first = trace.first().map_or("", String::as_str);
        format!("{first}\n...\n{}", trace[trace.len().saturating_sub(120)..].join("\n"))
    }

    fn steps(&self) -> u64 {
        self.steps
    }
}

impl Script {
    fn after(&mut self, delay: u64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((self.world + delay, self.order, event)));
    }

    /// Runs the next event: the driver's timer, or an event of the queue.
    fn next(&mut self) -> Result<(), Broken> {
        let looks = self.client.deadline().map(|at| at.saturating_sub(self.ahead).max(self.world));
        let event = self.queue.peek().map(|Reverse((at, ..))| *at);
        if let Some(at) = looks
            && event.is_none_or(|event| at <= event)
        {
            let late = if self.random.percent(5) { self.random.below(3_000) } else { 0 };
            self.world = at + late;
            note!(self, "tick");
            return self.tell(Input::Tick, Fact::Tick);
        }
        let Some(Reverse((at, _, event))) = self.queue.pop() else {
            self.world += 60_000;
            return Ok(());
        };
        self.world = self.world.max(at);
        self.happens(event)
    }

    fn happens(&mut self, event: Event) -> Result<(), Broken> {
        match event {
            Event::Arrives(at) => self.arrives(at),
            Event::Reads(at) => self.reads(at),
            Event::Answers(at) => {
                if let Some(answer) = self.connections[at].answers.pop_front() {
                    self.connections[at].has_answer = true;
                    self.send(at, Outgoing::Message(answer));
                }
            }
            Event::Flows(at) => return self.flows(at),
            Event::Closes(at) => self.send(at, Outgoing::End(End::Closed(Some(1011)))),
            Event::Ghost(at) => return self.ghost(at),
            Event::User => {
                self.user()?;
                let gap = self.random.below(2 * self.plan.user_gap);
                self.after(gap, Event::User);
            }
            Event::Changes => {
                self.changes();
                let gap = self.random.below(2 * self.plan.change_gap);
                self.after(gap, Event::Changes);
            }
            Event::Faults => self.faults(),
            Event::Jumps => self.jumps(),
            Event::Heals => {
                note!(self, "faults end");
                (self.is_healed, self.fault) = (true, None);
            }
        }
        Ok(())
    }

    fn tell(&mut self, input: Input<'_>, fact: Fact) -> Result<(), Broken> {
        self.steps += 1;
        hold(Invariant::Bounded, self.steps <= MOST_STEPS, || format!("{} steps", self.steps))?;
        let wall = Timestamp::from_millis(BEGIN + self.world as i64 + self.wall_off);
        // The driver may have read its clock a little earlier.
        let glitch = if self.random.percent(3) { self.random.below(2_000) } else { 0 };
        let now = (self.world + self.ahead).saturating_sub(glitch);
        let outside = self.client.tell(now, wall, input, fact)?;
        self.acts(outside);
        let is_ready = self.client.session.status().readiness == Readiness::Ready;
        hold(Invariant::Readiness, self.may_be_ready || !is_ready, || {
            "ready without flags".to_string()
        })
    }

    fn acts(&mut self, outside: Outside) {
        let status = self.client.session.status();
        note!(
            self,
            "    {} {:?} {:?} until {:?} {outside:?}",
            status.connection,
            status.problem,
            status.readiness,
            self.client.deadline().map(|at| at.saturating_sub(self.ahead))
        );
        if let Some(request_id) = outside.aborted {
            let at = self.find(request_id);
            self.connections[at].gets_pushes = false;
            if self.random.percent(30) {
                let late = self.random.below(20_000);
                self.after(late, Event::Ghost(at));
            }
        }
        if let Some((request_id, kind)) = outside.sent {
            self.connections.push(Connection::new(request_id, kind));
            let is_slow = self.random.percent(3);
            let way = self.random.below(if is_slow { 9_000 } else { 200 });
            self.after(way, Event::Arrives(self.connections.len() - 1));
        }
        for text in outside.written {
            let Some(live) = self.client.live else { continue };
            let at = self.find(live);
            self.connections[at].inbox.push_back(text);
            let way = self.random.below(200);
            self.after(way, Event::Reads(at));
        }
    }

    fn find(&self, request_id: RequestId) -> usize {
        self.connections.iter().rposition(|it| it.request_id == request_id).unwrap()
    }

    const fn server_time(&self) -> i64 {
        BEGIN + self.world as i64
    }

    /// Checks that the client serves the server's values whenever everything that was sent has arrived.
    fn in_step(&self, at: usize) -> Result<(), Broken> {
        if self.connections[at].is_settled() { self.compare(Invariant::InStep) } else { Ok(()) }
    }

    fn compare(&self, invariant: Invariant) -> Result<(), Broken> {
        let served = self.client.values();
        let (values, hidden) = self.server.view(self.full);
        for (key, value) in &values {
            let found = served.get(*key).and_then(Option::as_ref);
            hold(invariant, found == Some(value), || {
                format!("{key} is {found:?}, and on the server {value}")
            })?;
        }
        for key in hidden {
            hold(invariant, values.contains_key(key) || !served.contains_key(key), || {
                format!("{key} is served, but the server hides it")
            })?;
        }
        Ok(())
    }

    fn converge(&mut self) -> Result<(), Broken> {
        self.queue = self
            .queue
            .drain()
            .filter(|Reverse((_, _, event))| {
                !matches!(event, Event::User | Event::Changes | Event::Faults | Event::Jumps)
            })
            .collect();
        self.resume()?;
        if self.plan.mode == Mode::Offline {
            return Ok(());
        }
        let status = self.client.session.status();
        let is_refused = matches!(
            status.problem,
            Some(
                Problem::SecretRefused
                    | Problem::Unauthorised(_)
                    | Problem::BadRequest
                    | Problem::NotFound
            )
        );
        let left =
            self.client.deadline().map_or(0, |at| at.saturating_sub(self.world + self.ahead));
        // After the remaining delay, one more failed attempt may follow, whose effect was on its way when the faults ended.
        // If the clocks differ, each second token is made with the wrong one after a refusal.
        let is_off = self.wall_off != 0 || status.clock_offset.is_some();
        let slow = if is_off { 1_400_000 } else { 700_000 * u64::from(is_refused) };
        let values_until = self.world + left + slow + 130_000 + 2 * self.plan.interval();
        let until = values_until.max(self.world + left + 700_000) + 100_000;
        while self.world < until {
            self.next()?;
            let has_values = self.has_values();
            hold(Invariant::Converges, has_values || self.world < values_until, || {
                format!("no values at {values_until}: {:?}", self.compare(Invariant::Converges))
            })?;
            if has_values && self.is_at_home() {
                note!(self, "converged");
                return Ok(());
            }
        }
        self.compare(Invariant::Converges)?;
        let why = format!("{:?}", self.client.session.status());
        Err(Broken { invariant: Invariant::Converges, why })
    }

    fn has_values(&self) -> bool {
        self.client.session.status().readiness == Readiness::Ready
            && self.full.is_some()
            && self.compare(Invariant::Converges).is_ok()
    }

    /// Returns true if the client has the connection that it should have without faults.
    fn is_at_home(&self) -> bool {
        let status = self.client.session.status();
        let streams = self.plan.mode == Mode::Streaming && self.plan.has_sockets;
        let expected = match (streams, self.blocks.is_some()) {
            (true, true) => (Shown::Resting, Some(Problem::SocketsBlocked(None))),
            (true, false) => (Shown::Streaming, None),
            (false, _) => (Shown::Resting, None),
        };
        (status.connection, status.problem.clone()) == expected && !self.client.has_commands()
    }
}
