//! One script: a client, an Edge, the network between them, and users who give commands, all from one seed. At the end the Edge works
//! without faults, and the client must reach its state.

macro_rules! note {
    ($script:expr, $($text:tt)*) => {
        if let Some(trace) = &mut $script.trace {
            trace.push(format!("{:>9} {}", $script.world, format!($($text)*)));
        }
    };
}

mod edge_events;
mod network;
mod user_actions;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use fh_session::{CommandId, Input, Mode};

use crate::client::{Client, Outside};
use crate::connection::{Connection, Pieces};
use crate::edge::{Body, Edge, Ending, Facts};
use crate::edge_behaviour::EdgeBehaviour;
use crate::invariant::{Broken, Invariant, hold};
use crate::plan::Plan;
use crate::random::Random;
use crate::spec::{Fact, Phase};
use crate::world::{KEYS, NAMES, USERS, View, view};

/// Maximum number of steps. A script that needs more has a client in an endless loop.
const MOST_STEPS: u64 = 100_000;

/// A future event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives(usize),
    Opens(usize),
    Flows(usize),
    Beats(usize),
    Drops(usize),
    Overtaken(usize),
    /// A late event of a request that was aborted long ago.
    Ghost(usize),
    User,
    Changes,
    EdgeBehaviour,
    Jumps,
    Heals,
    Asks,
}

pub struct Script {
    random: Random,
    plan: Plan,
    edge: Edge,
    pub client: Client,
    connections: Vec<Connection>,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    order: u64,
    world: u64,
    /// The difference between the client's clock and the world's, in milliseconds.
    ahead: u64,
    /// The deadline for which the driver's timer is set, and the time at which the timer fires.
    look: Option<(u64, u64)>,
    /// True if the world or the client's view of it has changed since their last comparison.
    is_dirty: bool,
    /// True if a store has sent features since the last list.
    is_mixed: bool,
    /// The byte at which the first connection breaks, and how it ends.
    first_cut: Option<(usize, Ending)>,
    trace: Option<Vec<String>>,
    pub steps: u64,
}

impl Script {
    pub fn new(seed: u64, traces: bool) -> Self {
        let mut random = Random::new(seed);
        let plan = Plan::draw(&mut random);
        let config = plan.config();
        let edge = Edge::new(&mut random, config.limits.bytes);
        let mut script = Self {
            client: Client::new(config, plan.keys, random.next()),
            edge,
            connections: Vec::new(),
            queue: BinaryHeap::new(),
            order: 0,
            world: 0,
            ahead: 1_000 + random.below(1_000_000),
            look: None,
            is_dirty: true,
            is_mixed: false,
            first_cut: None,
            trace: traces.then(Vec::new),
            steps: 0,
            random,
            plan,
        };
        note!(script, "{:?}", script.plan);
        script
    }

    /// Runs the script to its end.
    pub fn run(&mut self) -> Result<(), Broken> {
        if self.random.percent(15) {
            for _ in 0..self.random.between(1, 3) {
                self.user()?;
            }
        }
        self.tell(Input::Start, &Fact::Start)?;
        let (user, change, behaviour) =
            (self.plan.user_gap, self.plan.change_gap, self.plan.mood_gap);
        for (gap, event) in
            [(user, Event::User), (change, Event::Changes), (behaviour, Event::EdgeBehaviour)]
        {
            let first = self.random.below(gap);
            self.after(first, event);
        }
        if self.plan.jumps {
            let at = self.random.below(self.plan.horizon);
            self.after(at, Event::Jumps);
        }
        self.after(self.plan.horizon, Event::Heals);
        while !self.edge.is_healed {
            self.next()?;
            if self.client.spec.phase == Phase::Stopped {
                return self.after_the_end();
            }
        }
        self.converge()
    }

    /// Creates a short script: an Edge without faults whose features change in the first second, and a first connection that breaks at this
    /// byte.
    pub fn cut(mode: Mode, at: usize, ending: Ending, traces: bool) -> Self {
        let mut script = Self::new(5, traces);
        script.plan = Plan::plain(mode);
        script.client = Client::new(script.plan.config(), script.plan.keys, 5);
        script.edge.is_healed = true;
        script.edge.drop_after = None;
        script.first_cut = Some((at, ending));
        script
    }

    /// Runs a short script.
    pub fn run_cut(&mut self) -> Result<(), Broken> {
        self.tell(Input::Start, &Fact::Start)?;
        self.after(400, Event::Changes);
        while self.world < 1_000 {
            self.next()?;
        }
        self.converge()
    }

    /// Returns the connections and problems that the client has shown.
    pub fn reached(&self) -> &BTreeSet<&'static str> {
        &self.client.reached
    }

    /// Returns the last lines of the trace.
    pub fn story(&self, most: usize) -> String {
        let trace = self.trace.as_deref().unwrap_or_default();
        let first = trace.first().map_or("", String::as_str);
        format!("{first}\n...\n{}", trace[trace.len().saturating_sub(most)..].join("\n"))
    }

    fn after(&mut self, delay: u64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((self.world + delay, self.order, event)));
    }

    /// Runs the next event: the driver's timer, or an event of the queue.
    fn next(&mut self) -> Result<(), Broken> {
        let deadline = self.client.session.deadline().map(fh_repository::time::Millis::as_u64);
        self.look = deadline.map(|deadline| match self.look {
            Some((same, at)) if same == deadline && at >= self.world => (deadline, at),
            _ => {
                let late = match self.random.below(20) {
                    0 => self.random.below(4_000),
                    1 => self.random.below(50),
                    _ => 0,
                };
                (deadline, deadline.saturating_sub(self.ahead).max(self.world) + late)
            }
        });
        let looks = self.look.map(|(_, at)| at);
        let event = self.queue.peek().map(|Reverse((at, ..))| *at);
        if let Some(at) = looks
            && event.is_none_or(|event| at < event)
        {
            self.world = at;
            self.look = None;
            for _ in 0..if self.random.percent(10) { 2 } else { 1 } {
                note!(self, "tick");
                self.tell(Input::Tick, &Fact::Tick)?;
            }
            // A tick by a clock that went back may have no effect, so the timer must be able to fire again later.
            self.world += 1;
            return Ok(());
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
            Event::Arrives(at) => self.arrives(at)?,
            Event::Opens(at) => self.opens(at)?,
            Event::Flows(at) => self.flows(at)?,
            Event::Beats(at) => self.beats(at),
            Event::Drops(at) => self.drops(at, true),
            Event::Overtaken(at) => {
                if let Some(news) = self.connections[at].held_back.take() {
                    self.say(at, news);
                }
            }
            Event::Ghost(at) => self.ghost(at)?,
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
            Event::EdgeBehaviour => self.moods(),
            Event::Jumps => {
                let jump = self.random.pick(&[1_500, 30_000, 95_000, 700_000, 5_000_000]);
                note!(self, "the clock jumps by {jump}");
                self.ahead += jump;
                self.look = None;
            }
            Event::Heals => self.heals(),
            Event::Asks => {}
        }
        self.in_step()
    }

    fn moods(&mut self) {
        let is_fine = self.edge.behaviour == EdgeBehaviour::Fine;
        self.edge.behaviour =
            if is_fine { EdgeBehaviour::draw(&mut self.random) } else { EdgeBehaviour::Fine };
        note!(self, "behaviour {:?}", self.edge.behaviour);
        let gap = match self.random.below(4) {
            0 => self.plan.mood_gap * 4,
            _ => self.plan.mood_gap,
        };
        let gap = self.random.below(2 * gap);
        self.after(gap, Event::EdgeBehaviour);
    }

    /// Returns the time by the driver's clock, which may have been read a little earlier.
    fn clock(&mut self) -> u64 {
        let glitch = if self.random.percent(4) { self.random.below(3_000) } else { 0 };
        (self.world + self.ahead).saturating_sub(glitch)
    }

    fn tell(&mut self, input: Input<'_>, fact: &Fact<'_>) -> Result<(), Broken> {
        let handed = self.clock();
        self.steps += 1;
        hold(Invariant::Bounded, self.steps <= MOST_STEPS, || format!("{} steps", self.steps))?;
        let outside = self.client.tell(self.world, handed, input, fact)?;
        self.is_dirty = true;
        self.acts(outside);
        Ok(())
    }

    fn acts(&mut self, outside: Outside) {
        note!(
            self,
            "    {:?} {:?} {} until {:?}{}{}",
            self.client.session.status().connection,
            self.client.session.status().problem,
            self.client.session.status().readiness,
            self.client.session.deadline().map(|at| at.as_u64().saturating_sub(self.ahead)),
            outside.aborted.map_or(String::new(), |request_id| format!(" aborts {request_id:?}")),
            outside.sent.as_ref().map_or(String::new(), |sent| format!(" sends {sent:?}")),
        );
        if let Some(request_id) = outside.aborted {
            self.aborted(request_id);
        }
        if let Some((request_id, asked)) = outside.sent {
            let connection = Connection::new(request_id, asked, &mut self.random);
            self.connections.push(connection);
            let slow = self.random.percent(3) && !self.edge.is_healed;
            let way = if slow { 14_000 } else { 150 };
            let way = self.random.below(way);
            self.after(way, Event::Arrives(self.connections.len() - 1));
        }
    }

    /// Checks that the client serves the features of the Edge whenever everything that was sent has arrived.
    fn in_step(&mut self) -> Result<(), Broken> {
        if !self.is_dirty || self.is_mixed {
            return Ok(());
        }
        let Some(at) =
            self.connections.iter().rposition(|other| self.client.live == Some(other.request_id))
        else {
            return Ok(());
        };
        let connection = &self.connections[at];
        let tells = connection.is_honest && connection.tells.is_some() && connection.is_settled();
        if !tells || !matches!(&self.client.spec.phase, Phase::Stream(open) if open.has_data) {
            return Ok(());
        }
        self.is_dirty = false;
        self.compare(Invariant::InStep, None)
    }

    /// Checks that the client serves these features, or else those that the Edge has now.
    fn compare(&self, invariant: Invariant, wanted: Option<&View>) -> Result<(), Broken> {
        let keys = &KEYS[self.client.spec.keys];
        let now;
        let wanted = match wanted {
            Some(wanted) => wanted,
            None => {
                now = view(&self.edge.world, keys, USERS[self.client.spec.asked]);
                &now
            }
        };
        if wanted.is_empty() {
            // Whether an empty list is accepted depends on the keys (D-60).
            return Ok(());
        }
        let same = wanted.len() == self.client.served.len()
            && wanted.iter().zip(&self.client.served).all(|(wanted, served)| {
                let ((key, (environment, json)), (other, (served_from, served))) = (wanted, served);
                key == other && environment == served_from && json == served
            });
        hold(invariant, same, || {
            format!("served {:?}\nthe Edge has {wanted:?}", self.client.served)
        })
    }

    /// Ends all faults of the Edge.
    fn heals(&mut self) {
        note!(self, "faults end");
        self.edge.is_healed = true;
        self.edge.behaviour = EdgeBehaviour::Fine;
        for environment in 0..NAMES.len() {
            let news = self.edge.world[environment].fill(&mut self.random);
            self.spread(environment, &news);
        }
        for at in 0..self.connections.len() {
            let connection = &mut self.connections[at];
            if connection.pieces == Pieces::Drips {
                connection.pieces = Pieces::Whole;
            }
            // Streams that did not send all updates end together with the faults.
            if connection.tells.is_some() && (!connection.is_honest || self.is_mixed) {
                self.drops(at, false);
            }
        }
    }

    fn converge(&mut self) -> Result<(), Broken> {
        self.queue = self
            .queue
            .drain()
            .filter(|Reverse((_, _, event))| {
                !matches!(event, Event::User | Event::Changes | Event::EdgeBehaviour | Event::Jumps)
            })
            .collect();
        let passive = matches!(self.plan.mode, Mode::Passive(_));
        self.resume()?;
        if self.plan.mode == Mode::Offline {
            return Ok(());
        }
        let deadline =
            self.client.session.deadline().map_or(0, fh_repository::time::Millis::as_u64);
        let left = deadline.saturating_sub(self.world + self.ahead);
        // The remaining delay, the longest delay that can follow, and the next poll.
        let longest = left + 200_000 + 700_000 + 2 * self.client.spec.interval() + 4_000_000;
        let until = self.world + longest;
        self.after(1, Event::Asks);
        while self.world < until {
            let phase = &self.client.spec.phase;
            let rests = matches!(phase, Phase::Halted | Phase::Done | Phase::Expired);
            if rests && passive && *phase == Phase::Expired {
                self.tell(Input::FeatureRead, &Fact::FeatureRead)?;
            } else if rests {
                note!(self, "refresh in the end");
                let command_id: CommandId = self.client.command_id(self.world);
                self.tell(Input::Refresh(command_id), &Fact::Refresh(command_id))?;
            }
            self.next()?;
            if self.has_converged() {
                return Ok(());
            }
        }
        self.compare(Invariant::Converges, None)?;
        let status = self.client.session.status();
        Err(Broken {
            invariant: Invariant::Converges,
            why: format!("after {longest} ms: {status:?}"),
        })
    }

    fn has_converged(&self) -> bool {
        let status = self.client.session.status();
        let quiet = match &self.client.spec.phase {
            Phase::Stream(open) => open.has_data,
            phase => !matches!(phase, Phase::Sent { .. } | Phase::Body { .. }),
        };
        quiet
            && status.problem.is_none()
            && self.client.spec.readiness() == fh_repository::readiness::Readiness::Ready
            && self.client.spec.newest() == self.client.spec.asked
            && self.compare(Invariant::Converges, None).is_ok()
    }

    /// Checks that nothing has consequences after the end.
    fn after_the_end(&mut self) -> Result<(), Broken> {
        for _ in 0..15 {
            self.user()?;
            for at in 0..self.connections.len().min(3) {
                self.ghost(at)?;
            }
            if !self.queue.is_empty() {
                self.next()?;
            }
        }
        Ok(())
    }
}

impl Facts {
    /// Returns the facts of a request without a response.
    fn none() -> Self {
        Self {
            status: 0,
            content: crate::edge::Content::None,
            retry_after: None,
            max_age: None,
            etag: None,
            leads_home: false,
            asked_with_etag: false,
            body: Body::Malformed,
        }
    }
}

impl Ending {
    fn end(self) -> fh_session::End<'static> {
        match self {
            Self::Complete | Self::Silence => fh_session::End::Complete,
            Self::Broken => fh_session::End::Broken("connection reset"),
            Self::Tls => fh_session::End::Tls("expired"),
            Self::ConnectTimeout => fh_session::End::ConnectTimeout,
        }
    }
}
