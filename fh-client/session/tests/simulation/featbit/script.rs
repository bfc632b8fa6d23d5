//! One script: a client, a server, the network between them, and users who give commands, all from one seed. At the end the server works
//! without faults, and the client must reach its state.

macro_rules! note {
    ($script:expr, $($text:tt)*) => {
        if let Some(trace) = &mut $script.trace {
            trace.push(format!("{:>9} {}", $script.world, format!($($text)*)));
        }
    };
}

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
    /// True if the client has got flags, or an answer that confirms that there are none.
    may_be_ready: bool,
    /// Number of the server's changes that the last full message showed that the client got.
    full: Option<u64>,
    trace: Option<Vec<String>>,
    pub steps: u64,
}

impl Script {
    pub fn new(seed: u64, traces: bool) -> Self {
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

    pub fn reached(&self) -> &BTreeSet<&'static str> {
        &self.client.reached
    }

    /// Returns the last lines of the trace.
    pub fn story(&self) -> String {
        let trace = self.trace.as_deref().unwrap_or_default();
        let first = trace.first().map_or("", String::as_str);
        format!("{first}\n...\n{}", trace[trace.len().saturating_sub(120)..].join("\n"))
    }

    /// Runs the script to its end.
    pub fn run(&mut self) -> Result<(), Broken> {
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

    /// Queues an event for the client. Nothing follows the end of a connection.
    fn send(&mut self, at: usize, outgoing: Outgoing) {
        let connection = &mut self.connections[at];
        if connection.is_over || connection.is_silent {
            return;
        }
        if matches!(outgoing, Outgoing::End(_)) {
            connection.is_over = true;
            connection.gets_pushes = false;
        }
        connection.outbox.push_back(outgoing);
        if !std::mem::replace(&mut connection.is_flowing, true) {
            let way = self.random.below(150);
            self.after(way, Event::Flows(at));
        }
    }

    fn send_all(&mut self, at: usize, all: impl IntoIterator<Item = Outgoing>) {
        for outgoing in all {
            self.send(at, outgoing);
        }
    }

    /// Answers a request as the server, or something in front of it, does now.
    fn arrives(&mut self, at: usize) {
        use Outgoing::{End as Ends, ResponseHead as Head};
        if self.connections[at].is_over || self.connections[at].is_silent {
            return;
        }
        let kind = self.connections[at].kind.clone();
        note!(self, "arrives {kind:?} {:?}", self.fault);
        if matches!(kind, Kind::Socket(_)) {
            if !self.plan.has_sockets {
                return self.send(at, Ends(End::Unsupported));
            }
            let blocks = match self.fault {
                Some(Fault::Blocks(blocks)) => Some(blocks),
                _ => self.blocks,
            };
            match blocks {
                Some(Blocks::Status(status)) => return self.send(at, Head(status, None)),
                Some(Blocks::Resets) => return self.send(at, Ends(End::Broken("reset"))),
                Some(Blocks::Hangs) => return,
                Some(Blocks::Swallows) => return self.send(at, Head(101, None)),
                Some(Blocks::Closes) => {
                    return self.send_all(at, [Head(101, None), Ends(End::Closed(Some(1000)))]);
                }
                None => {}
            }
        }
        match self.fault {
            Some(Fault::Unreached) => return self.send(at, Ends(End::Unreached("refused"))),
            Some(Fault::Tls) => return self.send(at, Ends(End::Tls("expired"))),
            Some(Fault::ConnectTimeout) => return self.send(at, Ends(End::ConnectTimeout)),
            Some(Fault::Status(status, wait)) => {
                return self.send_all(at, [Head(status, wait), Ends(End::Complete)]);
            }
            Some(Fault::Reset) => return self.send(at, Ends(End::Broken("reset"))),
            Some(Fault::Hangs) => return,
            _ => {}
        }
        match kind {
            Kind::Socket(token) => self.accepts(at, &token),
            Kind::Poll(timestamp) => self.answers_poll(at, timestamp),
            Kind::Clock => self.send_all(at, [Head(200, None), Ends(End::Complete)]),
        }
    }

    fn accepts(&mut self, at: usize, token: &str) {
        self.send(at, Outgoing::ResponseHead(101, None));
        let is_right = server::token(token).is_some_and(|(time, is_secret)| {
            is_secret && (time - self.server_time()).abs() <= TOLERATED
        });
        if !is_right || self.fault == Some(Fault::WrongSecret) {
            return self.send(at, Outgoing::End(End::Closed(Some(4003))));
        }
        match self.fault {
            Some(Fault::SilentAfterUpgrade) => return,
            Some(Fault::Closes(code, 0)) => return self.send(at, Outgoing::End(End::Closed(code))),
            Some(Fault::Closes(_, after)) => self.after(after, Event::Closes(at)),
            _ => {}
        }
        self.connections[at].gets_pushes = true;
    }

    fn answers_poll(&mut self, at: usize, timestamp: Option<i64>) {
        use Outgoing::{End as Ends, Piece, ResponseHead as Head};
        match self.fault {
            Some(Fault::WrongSecret) if self.plan.checks_polls => {
                return self.send_all(at, [Head(401, None), Ends(End::Complete)]);
            }
            Some(Fault::Unanswered) => {
                return self.send_all(at, [Head(500, None), Ends(End::Complete)]);
            }
            Some(Fault::SilentAfterUpgrade) => return self.send(at, Head(200, None)),
            Some(Fault::Html) => {
                let page = Piece(b"<html>".to_vec());
                return self.send_all(at, [Head(200, None), page, Ends(End::Complete)]);
            }
            Some(Fault::TooLarge) => {
                let page = Piece(vec![b' '; 100_001]);
                return self.send_all(at, [Head(200, None), page, Ends(End::Broken("reset"))]);
            }
            _ => {}
        }
        let timestamp = timestamp.unwrap_or(0);
        if self.server.has_nothing_after(timestamp) {
            self.connections[at].shows = Some((self.server.changes, false));
            let status = self.random.pick(&[200, 200, 204, 304]);
            return self.send_all(at, [Head(status, None), Ends(End::Complete)]);
        }
        let garbage = self.fault == Some(Fault::Garbage);
        let message = self.server.sync(&mut self.random, timestamp, garbage);
        let body = message.text.into_bytes();
        let (first, rest) = body.split_at(self.random.index(body.len()));
        self.send_all(at, [Head(200, None), Piece(first.to_vec())]);
        if self.fault == Some(Fault::Cut) {
            return self.send(at, Ends(End::Broken("reset")));
        }
        self.connections[at].shows = Some((self.server.changes, message.full.is_some()));
        self.send_all(at, [Piece(rest.to_vec()), Ends(End::Complete)]);
    }

    /// Reads a message of the client.
    fn reads(&mut self, at: usize) {
        let busy_until = self.connections[at].busy_until;
        if busy_until > self.world {
            // The server reads one message after another.
            return self.after(busy_until - self.world, Event::Reads(at));
        }
        let Some(text) = self.connections[at].inbox.pop_front() else { return };
        if !self.connections[at].gets_pushes {
            return;
        }
        if text.contains("ping") {
            let text = r#"{"messageType":"pong","data":{}}"#.to_string();
            return self.send(at, Outgoing::Message(Message { text, full: None }));
        }
        let timestamp = text
            .split_once("\"timestamp\":")
            .and_then(|(_, rest)| rest.trim_end_matches('}').parse().ok());
        let Some(timestamp) = timestamp else { panic!("{text}") };
        note!(self, "reads {text}");
        let fault = self.fault;
        if fault == Some(Fault::Unanswered) {
            return;
        }
        let message = self.server.sync(&mut self.random, timestamp, fault == Some(Fault::Garbage));
        match fault {
            Some(Fault::TooLarge) => return self.send(at, Outgoing::End(End::TooLarge)),
            Some(Fault::Cut) => {
                let part = Outgoing::Part(message.text.len() / 2);
                return self.send_all(at, [part, Outgoing::End(End::Broken("reset"))]);
            }
            Some(Fault::Garbage) => {
                let text = "not JSON".to_string();
                self.send(at, Outgoing::Message(Message { text, full: None }));
            }
            _ => {}
        }
        // The server needs time for an answer, and pushes meanwhile what has changed since it read its data.
        let is_slow = self.random.percent(20);
        let delay = self.random.below(if is_slow { 4_000 } else { 50 });
        self.connections[at].busy_until = self.world + delay + 1;
        self.connections[at].answers.push_back(message);
        self.after(delay, Event::Answers(at));
    }

    /// Changes the server's data, and pushes the changes.
    fn changes(&mut self) {
        let now = self.server_time();
        let mut messages: Vec<Message> = if self.random.percent(2) {
            self.server.change_many(&mut self.random, now)
        } else {
            self.server.change(&mut self.random, now).into_iter().collect()
        };
        match self.fault {
            Some(Fault::PushesOld) => messages.extend(self.server.old(&mut self.random)),
            Some(Fault::UnaskedFull) => {
                messages.push(self.server.sync(&mut self.random, 0, false));
            }
            _ => {}
        }
        for at in 0..self.connections.len() {
            if self.connections[at].gets_pushes {
                // A full answer that is still being prepared would be older than this message, and would replace it.
                let is_answered = self.connections[at].has_answer;
                let fitting = messages.iter().filter(|it| it.full.is_none() || is_answered);
                for message in fitting {
                    note!(self, "pushes to {at}: {}", message.text);
                    self.send(at, Outgoing::Message(message.clone()));
                }
            }
        }
    }

    fn faults(&mut self) {
        let fault = Fault::draw(&mut self.random);
        self.fault = if self.fault.is_some() { None } else { Some(fault) };
        note!(self, "fault {:?}", self.fault);
        // Many faults begin in the middle of a conversation.
        if let Some(live) = self.client.live
            && self.random.percent(60)
            && !self.connections[self.find(live)].is_over
        {
            let at = self.find(live);
            self.connections[at].shows = None;
            match self.random.below(4) {
                0 => self.connections[at].is_silent = true,
                1 => self.send(at, Outgoing::End(End::Closed(Some(1001)))),
                2 => {
                    // Messages on their way are lost.
                    self.connections[at].outbox.clear();
                    self.send(at, Outgoing::End(End::Broken("reset")));
                }
                _ => self.send(at, Outgoing::End(End::Complete)),
            }
            note!(self, "    in the middle");
        }
        let gap = self.plan.fault_gap * if self.random.percent(20) { 4 } else { 1 };
        let gap = self.random.below(2 * gap);
        self.after(gap, Event::Faults);
    }

    fn jumps(&mut self) {
        if self.random.percent(50) {
            let jump = self.random.pick(&[3_000, 20_000, 60_000, 600_000, 3_600_000]);
            self.wall_off += if self.random.percent(50) { jump } else { -jump };
            note!(self, "the time of day is off by {}", self.wall_off);
        } else {
            let jump = self.random.pick(&[1_500, 30_000, 95_000, 700_000, 3_600_000]);
            self.ahead += jump;
            self.client.jumped(jump);
            note!(self, "the clock jumps by {jump}");
        }
        let gap = self.random.below(self.plan.horizon);
        self.after(gap, Event::Jumps);
    }

    /// Delivers the next event of a connection.
    fn flows(&mut self, at: usize) -> Result<(), Broken> {
        let connection = &mut self.connections[at];
        if connection.is_silent {
            return Ok(());
        }
        let Some(next) = connection.outbox.pop_front() else {
            connection.is_flowing = false;
            return Ok(());
        };
        let has_more = !connection.outbox.is_empty();
        connection.is_flowing = has_more;
        if has_more {
            let slow = self.random.percent(5);
            let way = self.random.below(if slow { 2_000 } else { 30 });
            self.after(way, Event::Flows(at));
        }
        let request_id = self.connections[at].request_id;
        let is_live = self.client.live == Some(request_id);
        // A driver passes in nothing of a request that it was told to abort, but for a few events that are on their way already.
        if !is_live && !self.random.percent(20) {
            return Ok(());
        }
        note!(self, "delivers to {request_id:?} {next:?}");
        match next {
            Outgoing::ResponseHead(status, wait) => {
                let mut head = ResponseHead::new(status);
                let is_poll = matches!(self.connections[at].kind, Kind::Poll(_));
                self.may_be_ready |= is_live && is_poll && matches!(status, 200 | 204 | 304);
                let is_socket = matches!(self.connections[at].kind, Kind::Socket(_));
                if !is_socket || !self.plan.strips_dates {
                    head = head.header("Date", self.date());
                }
                if let Some(wait) = wait {
                    head = head.header("Retry-After", wait.to_string());
                }
                self.tell(Input::Opened { request_id, head: &head }, Fact::ResponseHead(wait))?;
            }
            Outgoing::Part(bytes) => {
                self.tell(Input::Progress { request_id, bytes }, Fact::Network)?;
            }
            Outgoing::Piece(bytes) => {
                self.tell(Input::Bytes { request_id, bytes: &bytes }, Fact::Network)?;
            }
            Outgoing::Message(message) => {
                let bytes = message.text.as_bytes();
                if self.random.percent(30) {
                    let part = self.random.index(bytes.len() + 1);
                    for bytes in [part, bytes.len() - part] {
                        self.tell(Input::Progress { request_id, bytes }, Fact::Network)?;
                    }
                }
                let is_live = self.client.live == Some(request_id);
                self.may_be_ready |= is_live && message.full.is_some();
                self.tell(Input::Bytes { request_id, bytes }, Fact::Network)?;
                if is_live {
                    self.full = message.full.or(self.full);
                    self.in_step(at)?;
                }
            }
            Outgoing::End(end) => {
                self.tell(Input::Closed { request_id, end }, Fact::Network)?;
                if is_live && let Some((changes, is_full)) = self.connections[at].shows {
                    if is_full {
                        self.full = Some(changes);
                    }
                    let problem = &self.client.session.status().problem;
                    let is_good = matches!(problem, None | Some(Problem::SocketsBlocked));
                    hold(Invariant::Problem, is_good || end != End::Complete, || {
                        format!("{problem:?} after a good poll")
                    })?;
                    if end == End::Complete && changes == self.server.changes {
                        self.compare(Invariant::InStep)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the server's time in the form of HTTP.
    fn date(&self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let time = Timestamp::from_millis(self.server_time()).to_string();
        let month: usize = time[5..7].parse().unwrap();
        let (day, month, year, clock) =
            (&time[8..10], MONTHS[month - 1], &time[..4], &time[11..19]);
        format!("Mon, {day} {month} {year} {clock} GMT")
    }

    /// Passes in events of a request that ended long ago. They must change nothing.
    fn ghost(&mut self, at: usize) -> Result<(), Broken> {
        let request_id = self.connections[at].request_id;
        if self.client.live == Some(request_id) {
            return Ok(());
        }
        note!(self, "ghost of {request_id:?}");
        let before = (self.client.session.status().clone(), self.client.deadline());
        let full = r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}"#;
        let head = ResponseHead::new(101);
        self.tell(Input::Opened { request_id, head: &head }, Fact::Network)?;
        self.tell(Input::Progress { request_id, bytes: 5_000 }, Fact::Network)?;
        self.tell(Input::Bytes { request_id, bytes: full.as_bytes() }, Fact::Network)?;
        let end = self.random.pick(&[End::Closed(Some(4003)), End::Broken("reset"), End::Complete]);
        self.tell(Input::Closed { request_id, end }, Fact::Network)?;
        let after = (self.client.session.status().clone(), self.client.deadline());
        hold(Invariant::Told, before == after, || format!("{before:?} became {after:?}"))
    }

    fn user(&mut self) -> Result<(), Broken> {
        match self.random.below(100) {
            0..50 => self.refresh(),
            50..60 => {
                let context = Arc::new(Attributes::builder().user_key("x").build());
                let command_id = self.client.command_id(self.world + self.ahead);
                self.tell(Input::Context(command_id, context), Fact::Command)
            }
            60..66 if self.plan.stops => {
                note!(self, "stop");
                self.tell(Input::Stop, Fact::Command)
            }
            66..70 if self.plan.bootstrap => self.bootstrap(),
            70..74 => self.tell(Input::FeatureRead, Fact::Command),
            _ if self.plan.suspends => {
                if self.client.is_suspended {
                    self.resume()
                } else {
                    self.suspend()
                }
            }
            _ => Ok(()),
        }
    }

    fn refresh(&mut self) -> Result<(), Broken> {
        note!(self, "refresh");
        let command_id = self.client.command_id(self.world + self.ahead);
        self.tell(Input::Refresh(command_id), Fact::Command)
    }

    fn suspend(&mut self) -> Result<(), Broken> {
        note!(self, "suspend");
        self.client.is_suspended = true;
        self.tell(Input::Suspend, Fact::Command)
    }

    fn resume(&mut self) -> Result<(), Broken> {
        note!(self, "resume");
        self.client.is_suspended = false;
        self.tell(Input::Resume, Fact::Command)
    }

    fn bootstrap(&mut self) -> Result<(), Broken> {
        note!(self, "bootstrap");
        let document = self.server.bootstrap(&mut self.random);
        let source = Source::Store("bootstrap".into());
        let features = document.as_bytes();
        self.may_be_ready = true;
        self.tell(Input::Stored { source, environment: "e".into(), features }, Fact::Command)?;
        let readiness = self.client.session.status().readiness;
        let is_served = matches!(readiness, Readiness::Ready | Readiness::Closed);
        hold(Invariant::Stores, is_served, || "a bootstrap document gives no readiness".to_string())
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
        let slow = if is_refused { 700_000 } else { 0 };
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
            (true, true) => (Shown::Resting, Some(Problem::SocketsBlocked)),
            (true, false) => (Shown::Streaming, None),
            (false, _) => (Shown::Resting, None),
        };
        (status.connection, status.problem.clone()) == expected && !self.client.has_commands()
    }

    /// Gives commands to a closed client.
    fn after_the_end(&mut self) -> Result<(), Broken> {
        hold(Invariant::Stopped, self.client.live.is_none(), || "a request is left".to_string())?;
        for _ in 0..10 {
            self.refresh()?;
            self.user()?;
            self.tell(Input::Tick, Fact::Tick)?;
        }
        hold(Invariant::Errands, !self.client.has_commands(), || "no outcome".to_string())
    }
}
