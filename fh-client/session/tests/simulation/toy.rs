//! Random scripts for the session with a server of the toy system: a server whose flags change, a faulty network, users who give commands, and
//! invariants that hold after every step. At the end the server works without faults, and the client must serve its flags.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fh_eval::{Subject, Timestamp};
use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::rules::Rules;
use fh_repository::status::Connection;
use fh_repository::time::Millis;
use fh_session::toy::{Config, Session, parse_url};
use fh_session::{Action, CommandId, End, Input, Request, RequestId, ResponseHead};

use crate::invariant::{Broken, Invariant, hold};
use crate::random::Random;
use crate::systems::SystemScript;

const INTERVAL: u64 = 30_000;
/// Time limit of a request in milliseconds.
const LIMIT: u64 = 12_000;
const FAULTS_END: u64 = 600_000;

type Flags = BTreeMap<String, bool>;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Good,
    Status(u16, Option<u64>),
    Html,
    WrongValue,
    Breaks,
    Hangs,
}

/// The request in flight.
struct Live {
    request_id: RequestId,
    sent: u64,
    /// True if the request has the ETag of the flags that are served.
    has_etag: bool,
    arrives: u64,
}

pub struct Script {
    random: Random,
    session: Session,
    now: u64,
    server: Flags,
    live: Option<Live>,
    /// The times of the last requests.
    sent: Vec<u64>,
    /// The earliest time of the next request that no command needs.
    not_before: u64,
    commands: BTreeMap<CommandId, u64>,
    last_command: u64,
    etag: Option<String>,
    expected: Option<Flags>,
    rules: Option<Arc<Rules>>,
    is_suspended: bool,
    is_closed: bool,
    reached: BTreeSet<&'static str>,
    steps: u64,
    trace: Option<Vec<String>>,
}

impl SystemScript for Script {
    const SYSTEM: &'static str = "Toy";

    fn new(seed: u64, traces: bool) -> Self {
        let mut random = Random::new(seed ^ 0x70_79);
        let mut config = Config::new(parse_url("http://server").unwrap());
        config.backoff.jitter = random.pick(&[0.0, 0.5, 1.0]);
        config.interval = Some(Duration::from_millis(INTERVAL));
        Self {
            session: Session::new(config, random.next()),
            random,
            now: 1_000,
            server: Flags::new(),
            live: None,
            sent: Vec::new(),
            not_before: 0,
            commands: BTreeMap::new(),
            last_command: 0,
            etag: None,
            expected: None,
            rules: None,
            is_suspended: false,
            is_closed: false,
            reached: BTreeSet::new(),
            steps: 0,
            trace: traces.then(Vec::new),
        }
    }

    fn run(&mut self) -> Result<(), Broken> {
        self.tell(Input::Start, true)?;
        while self.now < FAULTS_END {
            self.step()?;
            if self.random.percent(10) {
                self.user()?;
            }
            if self.is_closed {
                return Ok(());
            }
        }
        self.is_suspended = false;
        self.tell(Input::Resume, true)?;
        let until = self.now + 1_300_000;
        let is_home = |script: &Self| {
            let status = script.session.status();
            script.expected.as_ref() == Some(&script.server)
                && (status.readiness, status.problem.as_ref()) == (Readiness::Ready, None)
        };
        while !is_home(self) {
            hold(Invariant::Converges, self.now < until, || {
                format!("{:?}", self.session.status())
            })?;
            self.step()?;
        }
        Ok(())
    }

    fn story(&self) -> String {
        self.trace.as_deref().unwrap_or_default().join("\n")
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn reached(&self) -> &BTreeSet<&'static str> {
        &self.reached
    }
}

impl Script {
    /// Lets the time pass until the answer of the request in flight arrives, or until the session acts.
    fn step(&mut self) -> Result<(), Broken> {
        if self.random.percent(20) && self.now < FAULTS_END {
            let key = self.random.pick(&["a", "b", "c"]).to_string();
            let is_on = self.random.percent(50);
            self.server.insert(key, is_on);
        }
        let tick = self.session.deadline().map(Millis::as_u64);
        match self.live.take_if(|live| tick.is_none_or(|tick| live.arrives < tick)) {
            Some(live) => {
                self.now = self.now.max(live.arrives);
                self.answer(&live)
            }
            None => {
                self.now = tick.unwrap_or(self.now + 5_000).max(self.now);
                self.tell(Input::Tick, false)
            }
        }
    }

    fn answer(&mut self, live: &Live) -> Result<(), Broken> {
        let request_id = live.request_id;
        let fate = match self.random.below(100) {
            _ if self.now >= FAULTS_END => Fate::Good,
            0..45 => Fate::Good,
            45..70 => Fate::Status(
                self.random.pick(&[400, 401, 403, 404, 429, 500, 503, 302, 204]),
                self.random.pick(&[None, Some(3), Some(100)]),
            ),
            70..77 => Fate::Html,
            77..84 => Fate::WrongValue,
            84..93 => Fate::Breaks,
            _ => Fate::Hangs,
        };
        let body = serde_json::to_string(&self.server).unwrap();
        let etag = format!("\"{}\"", body.replace('"', "'"));
        let is_known = live.has_etag && self.etag.as_ref() == Some(&etag);
        let (status, kind, wait, body) = match fate {
            Fate::Good if is_known => (304, "", None, String::new()),
            Fate::Good | Fate::Breaks | Fate::Hangs => (200, "application/json", None, body),
            Fate::WrongValue => (200, "application/json", None, r#"{"a":1}"#.to_string()),
            Fate::Html => (200, "text/html", None, "<html>".to_string()),
            Fate::Status(status, wait) => (status, "", wait, String::new()),
        };
        let is_refusal = matches!(status, 400 | 401 | 403 | 404);
        let delay = if is_refusal { 30_000 } else { 100 };
        self.not_before = match fate {
            Fate::Good => self.now + INTERVAL,
            _ => self.now + delay.max(wait.unwrap_or(0) * 1_000),
        };
        let mut head =
            ResponseHead::new(status).header("content-type", kind).header("etag", &*etag);
        if let Some(wait) = wait {
            head = head.header("retry-after", wait.to_string());
        }
        // A session may abort the request as soon as it has the head.
        self.live = Some(Live { arrives: u64::MAX, ..*live });
        if fate == Fate::Good && status == 200 {
            (self.expected, self.etag) = (Some(self.server.clone()), Some(etag));
        }
        self.tell(Input::Opened { request_id, head: &head }, false)?;
        if self.live.as_ref().is_none_or(|live| live.request_id != request_id)
            || fate == Fate::Hangs
        {
            return Ok(());
        }
        let (first, rest) = body.split_at(self.random.index(body.len()));
        self.tell(Input::Bytes { request_id, bytes: first.as_bytes() }, false)?;
        let end = match fate {
            Fate::Breaks => End::Broken("reset"),
            _ => {
                self.tell(Input::Bytes { request_id, bytes: rest.as_bytes() }, false)?;
                End::Complete
            }
        };
        self.live = None;
        self.tell(Input::Closed { request_id, end }, false)
    }

    fn user(&mut self) -> Result<(), Broken> {
        self.last_command += 1;
        let command_id = CommandId(self.last_command);
        match self.random.below(10) {
            0..4 => {
                self.commands.insert(command_id, self.now);
                self.tell(Input::Refresh(command_id), true)
            }
            4..6 => {
                self.commands.insert(command_id, self.now);
                self.tell(Input::Context(command_id, Arc::default()), true)
            }
            6..9 => {
                self.is_suspended = !self.is_suspended;
                let input = if self.is_suspended { Input::Suspend } else { Input::Resume };
                self.tell(input, true)
            }
            _ if self.random.percent(20) => {
                self.is_closed = true;
                self.tell(Input::Stop, true)?;
                hold(Invariant::Errands, self.commands.is_empty(), || "a command waits".to_string())
            }
            _ => Ok(()),
        }
    }

    /// Passes an input to the session, and checks what follows. `is_command` is true for an input after which a request may follow at once.
    fn tell(&mut self, input: Input<'_>, is_command: bool) -> Result<(), Broken> {
        self.steps += 1;
        let is_tick = matches!(input, Input::Tick);
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9} {input:?}", self.now));
        }
        if is_command {
            self.not_before = 0;
        }
        self.session.handle(Millis::new(self.now), input);
        while let Some(action) = self.session.poll() {
            self.act(action, is_tick)?;
        }
        let status = self.session.status();
        let rests = matches!(status.connection, Connection::Suspended | Connection::Closed);
        let has_deadline = self.session.deadline().is_some();
        hold(Invariant::Deadline, has_deadline || rests, || format!("{status:?}"))?;
        let late = self.commands.values().find(|since| self.now - **since > 120_000);
        hold(Invariant::Errands, late.is_none(), || "a command waits for two minutes".to_string())
    }

    fn act(&mut self, action: Action, is_tick: bool) -> Result<(), Broken> {
        match action {
            Action::Send(request_id, request) => return self.sent(request_id, &request),
            Action::Abort(request_id) => {
                let live = self.live.take_if(|live| live.request_id == request_id);
                let live = live.ok_or_else(|| Broken {
                    invariant: Invariant::OneRequest,
                    why: format!("aborts {request_id:?}"),
                })?;
                let is_due = !is_tick || self.now >= live.sent + LIMIT;
                hold(Invariant::Limits, is_due, || format!("sent at {}", live.sent))?;
            }
            Action::Publish(publication) => self.rules = Some(publication.rules),
            Action::Status(status) => {
                self.reached.insert(status.connection.as_str());
                self.reached.extend(status.problem.as_ref().map(Problem::as_str));
            }
            Action::CommandDone(command_id, _) => {
                let is_known = self.commands.remove(&command_id).is_some();
                hold(Invariant::Errands, is_known, || format!("{command_id:?} again"))?;
            }
            other => panic!("{other:?}"),
        }
        let served = self.served();
        let is_right = served.is_none() || served == self.expected;
        hold(Invariant::Told, is_right, || format!("serves {served:?}"))
    }

    fn sent(&mut self, request_id: RequestId, request: &Request) -> Result<(), Broken> {
        hold(Invariant::OneRequest, self.live.is_none(), || format!("{request_id:?}"))?;
        hold(Invariant::Suspended, !self.is_suspended || !self.commands.is_empty(), String::new)?;
        let is_right = request.url.expose() == "http://server/flags";
        hold(Invariant::Context, is_right, || request.url.expose().to_string())?;
        let etag = request.headers.iter().find(|(name, _)| name == "if-none-match");
        let etag = etag.map(|(_, value)| value.clone());
        hold(Invariant::Etag, etag == self.etag, || format!("sends {etag:?}"))?;
        self.sent.push(self.now);
        if let [.., first, _, last] = self.sent.as_slice() {
            hold(Invariant::Pace, last - first >= 1_000, || "three within a second".to_string())?;
        }
        let is_due = self.now >= self.not_before;
        hold(Invariant::NotTooSoon, is_due, || format!("not before {}", self.not_before))?;
        let arrives = match self.random.below(10) {
            0 if self.now < FAULTS_END => u64::MAX,
            _ => self.now + self.random.below(3_000),
        };
        self.live = Some(Live { request_id, sent: self.now, has_etag: etag.is_some(), arrives });
        Ok(())
    }

    fn served(&self) -> Option<Flags> {
        let rules = self.rules.as_ref()?;
        let subject = Subject::without_context(Timestamp::from_millis(0));
        let value = |flag: fh_eval::FeatureRef<'_>| {
            (flag.key().to_string(), flag.evaluate(&subject).is_enabled())
        };
        Some(rules.ruleset().iter().map(value).collect())
    }
}

/// Connections and problems that clients must show in at least one script.
const REACHED: [&str; 16] = [
    "connecting",
    "resting",
    "waiting",
    "suspended",
    "closed",
    "bad_request",
    "unauthorised",
    "not_found",
    "too_many_requests",
    "server_error",
    "unexpected_status",
    "content_type",
    "redirect",
    "malformed",
    "unreachable",
    "timed_out",
];

#[cfg(not(target_family = "wasm"))]
#[test]
fn random_scripts_break_no_invariant() {
    crate::systems::run_all::<Script>(&REACHED);
}
