//! A session with its clocks and a plain server, and the helpers with which the tests drive them. Each step checks the invariants of every
//! state.

use super::*;
use fh_session::featbit::internal::Message;

pub(super) const SECRET: &str = "ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg";
pub(super) const PONG: &str = r#"{"messageType":"pong","data":{}}"#;
pub(super) const FULL: &str =
    r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}"#;

/// The time of day at the start.
const BEGIN: i64 = 1_700_000_000_000;

/// The purpose of a request, as its URL shows it. A poll has its timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Socket,
    Poll(Option<i64>),
    Clock,
}

pub(super) struct Sent {
    pub(super) request_id: RequestId,
    pub(super) request: Request,
    pub(super) at: u64,
}

/// A session, its clocks, and the actions that it has returned.
pub(super) struct TestDriver {
    pub(super) session: Session,
    pub(super) now: u64,
    /// The difference between this machine's time of day and the true one, in milliseconds.
    pub(super) wall_off: i64,
    /// Number of notices of answers without flags.
    pub(super) no_flags: usize,
    /// The difference in milliseconds between the dates of answers and the server's clock.
    pub(super) date_off: i64,
    /// False if a proxy removes the header `date` of answers.
    pub(super) has_dates: bool,
    pub(super) sent: Vec<Sent>,
    pub(super) written: Vec<String>,
    pub(super) aborted: Vec<RequestId>,
    pub(super) published: Vec<Publication>,
    pub(super) notices: Vec<Notice>,
    pub(super) settled: Vec<(CommandId, Result<Readiness, Problem>)>,
    /// The request in flight.
    live: Option<RequestId>,
}

impl TestDriver {
    /// Creates a session with delays that are not random.
    pub(super) fn idle(mode: Mode) -> Self {
        Self::with(mode, 7, |config| {
            config.backoff.jitter = 0.0;
            config.refused.jitter = 0.0;
        })
    }

    pub(super) fn with(mode: Mode, seed: u64, change: impl FnOnce(&mut Config)) -> Self {
        let endpoints =
            Endpoints::parse(Some("ws://socket/base"), Some("http://poll"), None).unwrap();
        let mut config = Config::new(endpoints, Secret::parse(SECRET).unwrap());
        config.mode = mode;
        change(&mut config);
        Self {
            session: Session::new(config, seed),
            now: 1_000,
            wall_off: 0,
            date_off: 0,
            no_flags: 0,
            has_dates: true,
            sent: Vec::new(),
            written: Vec::new(),
            aborted: Vec::new(),
            published: Vec::new(),
            notices: Vec::new(),
            settled: Vec::new(),
            live: None,
        }
    }

    pub(super) fn started(mode: Mode) -> Self {
        let mut driver = Self::idle(mode);
        driver.tell(Input::Start);
        driver
    }

    /// Creates a session that streams, whose first request is in flight.
    pub(super) fn streaming() -> Self {
        Self::started(Mode::Streaming)
    }

    /// Creates a session that streams, with the flag `a` at version 10 and the value `x`.
    pub(super) fn synchronised() -> Self {
        let mut driver = Self::streaming();
        driver.synchronise();
        driver
    }

    /// Opens the socket that the session has asked for, and sends the flag `a` at version 10 and the value `x`.
    pub(super) fn synchronise(&mut self) {
        self.open();
        self.say(&full(&[flag("a", 10, "x")]));
        assert_eq!(self.status().readiness, Readiness::Ready);
    }

    pub(super) const fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.true_time().saturating_add(self.wall_off))
    }

    pub(super) const fn true_time(&self) -> i64 {
        BEGIN + self.now as i64
    }

    /// Passes an input to the session, records the actions that follow, and checks the invariants of every state.
    pub(super) fn tell(&mut self, input: Input<'_>) {
        if let Input::Closed { request_id, .. } = &input
            && self.live == Some(*request_id)
        {
            self.live = None;
        }
        let wall = self.wall();
        self.session.handle(Millis::new(self.now), wall, input);
        while let Some(action) = self.session.poll() {
            let text = format!("{action:?}");
            assert!(!text.contains(&SECRET[2..20]) && !text.contains("token="), "{text}");
            match action {
                Action::Send(request_id, request) | Action::Connect(request_id, request) => {
                    assert_eq!(self.live, None, "two requests in flight");
                    self.live = Some(request_id);
                    self.sent.push(Sent { request_id, request, at: self.now });
                    if let [.., first, _, last] = self.sent.as_slice() {
                        assert!(last.at - first.at >= 1_000, "three requests within a second");
                    }
                }
                Action::Write(request_id, text) => {
                    assert_eq!(self.live, Some(request_id));
                    self.written.push(text);
                }
                Action::Abort(request_id) => {
                    assert_eq!(self.live.take(), Some(request_id));
                    self.aborted.push(request_id);
                }
                Action::Publish(publication) => self.published.push(publication),
                // The answer of most tests has no flags.
                Action::Notice(Notice::NoFlags) => self.no_flags += 1,
                Action::Notice(notice) => self.notices.push(notice),
                Action::CommandDone(command_id, outcome) => {
                    self.settled.push((command_id, outcome));
                }
                Action::Status(status) => assert_eq!(&status, self.session.status()),
                Action::Raw(raw) => {
                    assert!(Message::parse(&raw.json).is_ok(), "{raw:?}");
                }
                Action::Revoke(_) | Action::ReportReads => panic!("{action:?}"),
            }
        }
        let rests = [Connection::Idle, Connection::Offline, Connection::Closed];
        let connection = self.status().connection;
        let may_rest = rests.contains(&connection) || connection == Connection::Suspended;
        assert_eq!(self.session.deadline().is_none(), may_rest, "{connection}");
    }

    pub(super) fn status(&self) -> &SessionStatus {
        self.session.status()
    }

    pub(super) fn problem(&self) -> Option<Problem> {
        self.status().problem.clone()
    }

    /// Returns true if a request is in flight.
    pub(super) const fn is_waiting(&self) -> bool {
        self.live.is_some()
    }

    /// Returns the id of the last request.
    pub(super) fn request_id(&self) -> RequestId {
        self.sent.last().unwrap().request_id
    }

    pub(super) fn url(&self) -> &str {
        self.sent.last().unwrap().request.url.expose()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.sent.last().unwrap().request.headers;
        headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Returns the purpose of the last request.
    pub(super) fn kind(&self) -> Kind {
        let url = self.url();
        if url.starts_with("http://socket/base/streaming?type=server&token=") {
            return Kind::Socket;
        }
        if url == "http://socket/base/health/liveness" {
            return Kind::Clock;
        }
        let query = url.strip_prefix("http://poll/api/public/sdk/server/latest-all").unwrap();
        let timestamp = query.strip_prefix("?timestamp=").map(|text| text.parse().unwrap());
        assert!(query.is_empty() || timestamp.is_some(), "{url}");
        Kind::Poll(timestamp)
    }

    /// Returns the time in the token of the last request, in milliseconds of Unix time.
    pub(super) fn token_time(&self) -> i64 {
        let token = self.url().split_once("token=").unwrap().1;
        let digits = |text: &str| -> i64 {
            let digit = |letter| "QBWSPHDXZU".find(letter).unwrap() as i64;
            text.chars().fold(0, |number, letter| number * 10 + digit(letter))
        };
        let (position, length) = (digits(&token[..3]) as usize, digits(&token[3..5]) as usize);
        digits(&token[5 + position..5 + position + length])
    }

    /// Returns the timestamp of the last request for flags on a socket.
    pub(super) fn asked(&self) -> i64 {
        let asked = self.written.iter().rfind(|text| text.contains("data-sync")).unwrap();
        let asked: Value = serde_json::from_str(asked).unwrap();
        asked["data"]["timestamp"].as_i64().unwrap()
    }

    /// Answers the last request with the head of a response, which has the server's time unless a proxy removes it.
    pub(super) fn head(&mut self, status: u16) {
        self.head_with(ResponseHead::new(status));
    }

    pub(super) fn head_with(&mut self, head: ResponseHead) {
        let date = Timestamp::from_millis(self.true_time() + self.date_off).to_string();
        let head = if self.has_dates { head.header("Date", http(&date)) } else { head };
        self.tell(Input::Opened { request_id: self.request_id(), head: &head });
    }

    /// Opens the socket that the session has asked for.
    pub(super) fn open(&mut self) {
        assert_eq!(self.kind(), Kind::Socket);
        self.head(101);
    }

    /// Sends a message, or a piece of a body.
    pub(super) fn say(&mut self, text: &str) {
        let request_id = self.request_id();
        match self.kind() {
            Kind::Socket => self.tell(Input::Text { request_id, text: text.into() }),
            _ => self.tell(Input::Bytes { request_id, bytes: text.as_bytes() }),
        }
    }

    pub(super) fn end(&mut self, end: End<'_>) {
        self.tell(Input::Closed { request_id: self.request_id(), end });
    }

    /// Opens the socket that the session has asked for, and refuses its token.
    pub(super) fn deny(&mut self) {
        self.open();
        self.end(End::Closed(Some(4003)));
    }

    /// Answers the poll that the session has sent.
    pub(super) fn answer(&mut self, status: u16, body: &str) {
        assert!(matches!(self.kind(), Kind::Poll(_)));
        self.head(status);
        if self.live == Some(self.request_id()) {
            self.say(body);
        }
        if self.live == Some(self.request_id()) {
            self.end(End::Complete);
        }
    }

    pub(super) fn pass(&mut self, millis: u64) {
        self.now += millis;
        self.tell(Input::Tick);
    }

    /// Advances the clock to the deadline. Returns the time that passed, in milliseconds.
    pub(super) fn wait(&mut self) -> u64 {
        let passed = self.session.deadline().unwrap().as_u64().saturating_sub(self.now);
        self.pass(passed);
        passed
    }

    /// Advances the clock until a request is in flight. Returns the time that passed, in milliseconds.
    pub(super) fn come_back(&mut self) -> u64 {
        let begin = self.now;
        while !self.is_waiting() {
            self.wait();
        }
        self.now - begin
    }

    /// Returns the value of the flag `a` in the last publication; `None` if it has no value.
    pub(super) fn value(&self) -> Option<String> {
        let user = fh_eval::featbit::User::builder("bob").build();
        let subject = fh_eval::Subject::new(user.attributes(), Timestamp::from_millis(0));
        let rules = &self.published.last()?.rules;
        rules.ruleset().get("a")?.evaluate(&subject).string().map(str::to_string)
    }
}

/// Writes a time of RFC 3339 in the form of HTTP.
fn http(time: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month: usize = time[5..7].parse().unwrap();
    format!("Mon, {} {} {} {} GMT", &time[8..10], MONTHS[month - 1], &time[..4], &time[11..19])
}

/// Returns a flag that serves `value`, with this version in milliseconds.
pub(super) fn flag(key: &str, version: i64, value: &str) -> Value {
    json!({
        "id": format!("id of {key}"), "key": key, "variationType": "string", "isArchived": false, "isEnabled": true,
        "updatedAt": Timestamp::from_millis(version).to_string(), "variations": [{"id": "v", "value": value}], "disabledVariationId": "v",
        "rules": [], "fallthrough": {"variations": [{"id": "v", "rollout": [0, 1], "exptRollout": 1}]}
    })
}

pub(super) fn archived(mut flag: Value) -> Value {
    flag["isArchived"] = true.into();
    flag
}

pub(super) fn full(flags: &[Value]) -> String {
    message("full", flags)
}

pub(super) fn patch(flags: &[Value]) -> String {
    message("patch", flags)
}

fn message(event: &str, flags: &[Value]) -> String {
    json!({"messageType": "data-sync", "data": {"eventType": event, "featureFlags": flags, "segments": []}}).to_string()
}
