//! A session under observation. Every step is checked against the invariants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fh_eval::featbit::User;
use fh_eval::{Subject, Timestamp};
use fh_repository::problem::{Problem, Stage};
use fh_repository::readiness::Readiness;
use fh_repository::rules::Rules;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_session::featbit::{Mode, Session};
use fh_session::{Action, CommandId, Input, Request, RequestId};

use super::connection::Kind;
use super::plan::Plan;
use super::server::{SECRET, USER};
use crate::invariant::{Broken, Invariant, hold};
use crate::random::Random;

/// Maximum duration of a command in milliseconds: the time limits of several requests, the limit of the request rate, and slow timers.
const LONGEST_COMMAND: u64 = 180_000;
/// Maximum number of requests within a minute in which the program gives no command. The shortest delays would allow a few less.
const MOST_A_MINUTE: usize = 30;
const MOST_ACTIONS: usize = 400;

/// What an input means, apart from its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    Tick,
    /// A command of the program.
    Command,
    /// The head of an answer, with the seconds in its `Retry-After`.
    ResponseHead(Option<u64>),
    /// Any other event of the network.
    Network,
}

pub struct Client {
    pub session: Session,
    pub now: u64,
    pub live: Option<RequestId>,
    live_since: u64,
    /// The times of the opening of the socket, of its last byte, and of its last ping or its opening.
    opened: u64,
    last_byte: u64,
    last_ping: u64,
    sent: Vec<u64>,
    last_command: u64,
    /// The last command, after which the limits of the request rate of a minute begin anew.
    commanded: u64,
    commands: BTreeMap<CommandId, u64>,
    pub rules: Option<Arc<Rules>>,
    status: SessionStatus,
    pub is_suspended: bool,
    user: User,
    mode: Mode,
    jitter: f64,
    interval: u64,
    pub reached: BTreeSet<&'static str>,
}

/// What a step sends to the server.
#[derive(Debug, Default)]
pub struct Outside {
    pub aborted: Option<RequestId>,
    pub sent: Option<(RequestId, Kind)>,
    pub written: Vec<String>,
}

impl Client {
    pub fn new(plan: &Plan, random: &mut Random) -> Self {
        let session = Session::new(plan.config(), random.next());
        Self {
            status: session.status().clone(),
            session,
            now: 0,
            live: None,
            live_since: 0,
            opened: 0,
            last_byte: 0,
            last_ping: 0,
            sent: Vec::new(),
            last_command: 0,
            commanded: 0,
            commands: BTreeMap::new(),
            rules: None,
            is_suspended: false,
            user: User::builder(USER).build(),
            mode: plan.mode,
            jitter: plan.jitter,
            interval: plan.interval(),
            reached: BTreeSet::new(),
        }
    }

    /// Creates a command that waits from now on.
    pub fn command_id(&mut self, now: u64) -> CommandId {
        self.last_command += 1;
        self.commands.insert(CommandId(self.last_command), now);
        CommandId(self.last_command)
    }

    pub fn has_commands(&self) -> bool {
        !self.commands.is_empty()
    }

    /// Records a jump of the driver's clock, which ends no wait of a command.
    pub fn jumped(&mut self, by: u64) {
        self.commands.values_mut().for_each(|since| *since += by);
    }

    pub fn deadline(&self) -> Option<u64> {
        self.session.deadline().map(Millis::as_u64)
    }

    /// Returns the values that the client serves, by key.
    pub fn values(&self) -> BTreeMap<String, Option<String>> {
        let subject = Subject::new(self.user.attributes(), Timestamp::from_millis(0));
        let flags = self.rules.iter().flat_map(|rules| rules.ruleset().iter());
        flags
            .map(|flag| {
                let value = flag.evaluate(&subject).string().map(str::to_string);
                (flag.key().to_string(), value)
            })
            .collect()
    }

    /// Passes an input to the session, and checks the actions that follow.
    pub fn tell(
        &mut self,
        now: u64,
        wall: Timestamp,
        input: Input<'_>,
        fact: Fact,
    ) -> Result<Outside, Broken> {
        self.now = self.now.max(now);
        let (was_stopped, had_commands) =
            (self.status.connection == Connection::Closed, self.has_commands());
        let former = self.status.clone();
        match (&input, fact) {
            (Input::Closed { request_id, .. }, _) if self.live == Some(*request_id) => {
                self.live = None;
            }
            (
                Input::Bytes { request_id, .. }
                | Input::Text { request_id, .. }
                | Input::Progress { request_id, .. },
                _,
            ) if self.live == Some(*request_id) => self.last_byte = self.now,
            (Input::Opened { request_id, .. }, _) if self.live == Some(*request_id) => {
                (self.opened, self.last_byte, self.last_ping) = (self.now, self.now, self.now);
            }
            (_, Fact::Command) => self.commanded = self.now,
            _ => {}
        }
        self.session.handle(Millis::new(now), wall, input);
        let mut outside = Outside::default();
        let (mut actions, mut is_settling) = (0, false);
        while let Some(action) = self.session.poll() {
            actions += 1;
            hold(Invariant::Bounded, actions <= MOST_ACTIONS, || "too many actions".to_string())?;
            let is_outcome = matches!(action, Action::CommandDone(..));
            hold(Invariant::Stopped, !was_stopped || is_outcome, || format!("{action:?}"))?;
            hold(Invariant::Errands, is_outcome || !is_settling, || {
                format!("an outcome before {action:?}")
            })?;
            is_settling |= is_outcome;
            self.act(action, fact, &former, had_commands, &mut outside)?;
        }
        let status = self.session.status().clone();
        hold(Invariant::Problem, status == self.status, || {
            format!("published {:?}, is {status:?}", self.status)
        })?;
        self.readiness(former.readiness, status.readiness)?;
        self.always(fact, &former)?;
        Ok(outside)
    }

    fn act(
        &mut self,
        action: Action,
        fact: Fact,
        former: &SessionStatus,
        had_commands: bool,
        outside: &mut Outside,
    ) -> Result<(), Broken> {
        match action {
            Action::Send(request_id, request) | Action::Connect(request_id, request) => {
                let is_wanted = !self.is_suspended || had_commands || self.has_commands();
                hold(Invariant::Suspended, is_wanted, || format!("{request:?}"))?;
                self.sends(request_id, fact, former)?;
                outside.sent = Some((request_id, kind(&request)?));
            }
            Action::Abort(request_id) => {
                hold(Invariant::OneRequest, self.live == Some(request_id), || {
                    format!("aborts {request_id:?}, {:?} is live", self.live)
                })?;
                self.aborts(fact, former)?;
                self.live = None;
                outside.aborted = Some(request_id);
            }
            Action::Write(request_id, text) => {
                hold(Invariant::OneRequest, self.live == Some(request_id), || {
                    format!("writes to {request_id:?}, {:?} is live", self.live)
                })?;
                if text.contains("ping") {
                    hold(Invariant::NotTooSoon, self.now >= self.last_ping + 15_000, || {
                        format!("a ping after {} ms", self.now - self.last_ping)
                    })?;
                    self.last_ping = self.now;
                }
                outside.written.push(text);
            }
            Action::Publish(publication) => self.rules = Some(publication.rules),
            Action::Notice(notice) => {
                self.reached.insert(match notice.as_str() {
                    "sockets_unsupported" => "notice sockets_unsupported",
                    "sockets_blocked" => "notice sockets_blocked",
                    "clock_off" => "notice clock_off",
                    other => other,
                });
            }
            Action::Status(status) => {
                self.reached.insert(status.connection.as_str());
                self.reached.extend(status.problem.as_ref().map(Problem::as_str));
                self.status = status;
            }
            Action::CommandDone(command_id, _) => {
                let known = self.commands.remove(&command_id);
                hold(Invariant::Errands, known.is_some(), || format!("{command_id:?} again"))?;
            }
            Action::Raw(_) => {}
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    /// Checks that a request is sent alone, and neither too soon nor too often.
    fn sends(
        &mut self,
        request_id: RequestId,
        fact: Fact,
        former: &SessionStatus,
    ) -> Result<(), Broken> {
        hold(Invariant::OneRequest, self.live.is_none(), || {
            format!("{request_id:?} sent while {:?} is live", self.live)
        })?;
        (self.live, self.live_since) = (Some(request_id), self.now);
        self.sent.push(self.now);
        if let [.., first, _, last] = self.sent.as_slice() {
            hold(Invariant::Pace, last - first >= 1_000, || {
                format!("three requests in {} ms", last - first)
            })?;
        }
        if fact == Fact::Tick {
            let is_due = former.next_attempt.is_none_or(|at| at.as_u64() <= self.now);
            hold(Invariant::NotTooSoon, is_due, || format!("due at {:?}", former.next_attempt))?;
        }
        let since = self.now.saturating_sub(60_000).max(self.commanded);
        let recent = self.sent.iter().rev().take_while(|at| **at > since).count();
        let most = MOST_A_MINUTE + 60_000 / self.interval.max(500) as usize;
        hold(Invariant::NotTooSoon, recent <= most || self.jitter > 0.9, || {
            format!("{recent} requests within a minute")
        })
    }

    /// Checks that a time limit has passed if a timer aborts a request.
    fn aborts(&self, fact: Fact, former: &SessionStatus) -> Result<(), Broken> {
        if fact != Fact::Tick {
            return Ok(());
        }
        let passed = match former.connection {
            Connection::Streaming => self.now >= self.opened + 10_000,
            _ => self.now >= self.live_since + 12_000,
        };
        hold(Invariant::Limits, passed, || "aborted before its time limit".to_string())
    }

    /// Checks that readiness changes only as it may.
    fn readiness(&self, before: Readiness, after: Readiness) -> Result<(), Broken> {
        use Readiness::{Closed, Failed, NotReady, Ready};
        let may = before == after
            || matches!(
                (before, after),
                (NotReady, Ready | Failed) | (Failed, Ready) | (_, Closed)
            );
        hold(Invariant::Readiness, may, || format!("{before:?} to {after:?}"))?;
        let is_refused = matches!(
            self.status.problem,
            Some(
                Problem::SecretRefused
                    | Problem::Unauthorised(_)
                    | Problem::BadRequest
                    | Problem::NotFound
            )
        );
        let is_new = after == Failed && before != Failed;
        hold(Invariant::Failed, !is_new || is_refused, || format!("{:?}", self.status))
    }

    /// Checks the invariants of every state.
    fn always(&self, fact: Fact, former: &SessionStatus) -> Result<(), Broken> {
        let status = &self.status;
        let rests = match status.connection {
            Connection::Idle | Connection::Closed => true,
            Connection::Offline => self.mode == Mode::Offline,
            Connection::Suspended => self.is_suspended,
            _ => false,
        };
        let deadline = self.deadline();
        hold(Invariant::Deadline, deadline.is_none() == rests, || {
            format!("{deadline:?} while {}", status.connection)
        })?;
        if status.connection == Connection::Streaming
            && let Some(deadline) = deadline
        {
            let is_soon = deadline <= self.last_ping + 15_000;
            hold(Invariant::Asks, is_soon, || "no ping is due".to_string())?;
        }
        let is_silent = status.problem == Some(Problem::TimedOut(Stage::Silence));
        let ends = former.connection == Connection::Streaming
            && status.connection != Connection::Streaming;
        if is_silent && ends && fact == Fact::Tick {
            hold(Invariant::Limits, self.now >= self.last_byte + 40_000, || {
                format!("silent since {}", self.last_byte)
            })?;
        }
        for (command_id, since) in &self.commands {
            let waits = self.now.saturating_sub(*since);
            let is_idle = status.connection == Connection::Idle;
            hold(Invariant::Errands, is_idle || waits <= LONGEST_COMMAND, || {
                format!("{command_id:?} waits {waits} ms")
            })?;
        }
        self.delay(fact, former)
    }

    /// Checks the delay that begins with this step.
    fn delay(&self, fact: Fact, former: &SessionStatus) -> Result<(), Broken> {
        let status = &self.status;
        let Some(next) = status.next_attempt.map(Millis::as_u64) else { return Ok(()) };
        // The end of a suspension shows a delay that began before.
        if former.next_attempt == status.next_attempt || fact == Fact::Command {
            return Ok(());
        }
        let ahead = next.saturating_sub(self.now);
        let least = |millis: u64| ((millis as f64 * (1.0 - self.jitter)) as u64).max(100);
        let wanted = match fact {
            Fact::ResponseHead(Some(seconds)) => seconds * 1_000,
            _ => 0,
        };
        let is_refused = matches!(
            status.problem,
            Some(
                Problem::SecretRefused
                    | Problem::Unauthorised(_)
                    | Problem::BadRequest
                    | Problem::NotFound
            )
        );
        let (soonest, latest) = match status.connection {
            Connection::Waiting if status.problem == Some(Problem::SecretRefused) => {
                (least(60_000), 600_000)
            }
            Connection::Waiting if is_refused => (100, 600_000),
            // Half of the delay comes before the poll between two sockets, and half after it.
            Connection::Waiting if status.problem == Some(Problem::Disconnected) => (50, 30_000),
            Connection::Waiting => (50, self.interval.max(30_000)),
            // The limit of the request rate, and a socket that follows the poll of a suspended client.
            Connection::Connecting => (0, 1_000),
            Connection::Resting => (0, self.interval),
            _ => (0, u64::MAX),
        };
        let is_waiting = status.connection == Connection::Waiting;
        hold(Invariant::NotTooSoon, ahead >= soonest && (!is_waiting || ahead >= wanted), || {
            format!("{ahead} ms until the next request, at least {soonest} or {wanted}")
        })?;
        hold(Invariant::NotTooLate, ahead <= latest.max(wanted), || {
            format!("{ahead} ms until the next request, at most {latest} or {wanted}")
        })
    }
}

/// Reads the purpose of a request from its URL.
fn kind(request: &Request) -> Result<Kind, Broken> {
    let shown = format!("{request:?}");
    hold(Invariant::Told, !shown.contains(&SECRET[4..20]) && !shown.contains("Q"), || shown)?;
    let url = request.url.expose();
    if let Some(token) = url.strip_prefix("http://featbit/streaming?type=server&token=") {
        return Ok(Kind::Socket(token.to_string()));
    }
    if url == "http://featbit/health/liveness" {
        return Ok(Kind::Clock);
    }
    let query = url.strip_prefix("http://featbit/api/public/sdk/server/latest-all");
    let secret = request.headers.iter().find(|(name, _)| name == "authorization");
    hold(Invariant::Context, secret.is_some_and(|(_, value)| value == SECRET), || url.to_string())?;
    match query.map(|query| (query, query.strip_prefix("?timestamp="))) {
        Some(("", _)) => Ok(Kind::Poll(None)),
        Some((_, Some(time))) => Ok(Kind::Poll(time.parse().ok())),
        _ => Err(Broken { invariant: Invariant::Context, why: url.to_string() }),
    }
}
