//! A session with a clock, and the helpers with which the tests drive it.

use super::*;

pub(super) const CLIENT: &str = "e/k*";
pub(super) const SERVER: &str = "e/k";
pub(super) const POLL: Mode = Mode::Polling(Duration::from_secs(180));
pub(super) const LIST: &str = r#"[{"id":"a","key":"A","version":1,"type":"STRING","value":"x"}]"#;

/// A session, its clock, and the actions that it has returned.
pub(super) struct TestDriver {
    pub(super) session: Session,
    pub(super) now: u64,
    pub(super) sent: Vec<(RequestId, Request)>,
    pub(super) aborted: Vec<RequestId>,
    pub(super) published: Vec<Publication>,
    pub(super) revoked: Vec<Arc<str>>,
    pub(super) notices: Vec<Notice>,
    pub(super) settled: Vec<(CommandId, Result<Readiness, Problem>)>,
    pub(super) statuses: Vec<SessionStatus>,
    pub(super) read_reports: usize,
    pub(super) raw: usize,
}

impl TestDriver {
    pub(super) fn new(mode: Mode, keys: &[&str]) -> Self {
        Self::with(mode, keys, |_| {})
    }

    pub(super) fn with(mode: Mode, keys: &[&str], change: impl FnOnce(&mut Config)) -> Self {
        let edge = EdgeUrl::parse("http://edge").unwrap();
        let mut config = Config::new(edge, ApiKeys::parse(keys).unwrap());
        config.mode = mode;
        config.backoff.jitter = 0.0;
        config.refused.jitter = 0.0;
        change(&mut config);
        let mut driver = Self {
            session: Session::new(config, 7),
            now: 0,
            sent: Vec::new(),
            aborted: Vec::new(),
            published: Vec::new(),
            revoked: Vec::new(),
            notices: Vec::new(),
            settled: Vec::new(),
            statuses: Vec::new(),
            read_reports: 0,
            raw: 0,
        };
        driver.tell(Input::Start);
        driver
    }

    /// Passes an input to the session, and records the actions that follow.
    pub(super) fn tell(&mut self, input: Input<'_>) {
        self.session.handle(Millis::new(self.now), input);
        while let Some(action) = self.session.poll() {
            match action {
                Action::Send(request_id, request) => self.sent.push((request_id, request)),
                Action::Abort(request_id) => self.aborted.push(request_id),
                Action::Publish(publication) => self.published.push(publication),
                Action::Revoke(environments) => self.revoked.extend(environments),
                Action::Notice(notice) => self.notices.push(notice),
                Action::CommandDone(command_id, outcome) => {
                    self.settled.push((command_id, outcome));
                }
                Action::Status(status) => self.statuses.push(status),
                Action::ReportReads => self.read_reports += 1,
                Action::Raw(_) => self.raw += 1,
                Action::Connect(..) | Action::Write(..) => {
                    panic!("a session with an Edge opens no socket")
                }
            }
        }
    }

    /// Returns the id of the last request.
    pub(super) fn request_id(&self) -> RequestId {
        self.sent.last().unwrap().0
    }

    pub(super) fn request(&self) -> &Request {
        &self.sent.last().unwrap().1
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.request().headers;
        headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Sends a complete response to the last request.
    pub(super) fn answer(&mut self, head: ResponseHead, body: &str) {
        let request_id = self.request_id();
        self.tell(Input::Opened { request_id, head: &head });
        self.tell(Input::Bytes { request_id, bytes: body.as_bytes() });
        self.tell(Input::Closed { request_id, end: End::Complete });
    }

    pub(super) fn polled(&mut self, body: &str) {
        self.answer(json(200), body);
    }

    pub(super) fn good_poll(&mut self) {
        self.polled(&format!(r#"[{{"id":"e","features":{LIST}}}]"#));
    }

    /// Opens a stream as the response to the last request.
    pub(super) fn open(&mut self) {
        let request_id = self.request_id();
        let head = ResponseHead::new(200).header("content-type", "text/event-stream");
        self.tell(Input::Opened { request_id, head: &head });
    }

    pub(super) fn event(&mut self, name: &str, data: &str) {
        let request_id = self.request_id();
        let bytes = format!("event: {name}\ndata: {data}\n\n");
        self.tell(Input::Bytes { request_id, bytes: bytes.as_bytes() });
    }

    pub(super) fn close(&mut self) {
        let request_id = self.request_id();
        self.tell(Input::Closed { request_id, end: End::Complete });
    }

    /// Opens a stream that sends a list.
    pub(super) fn live(&mut self) {
        self.open();
        self.event("features", LIST);
    }

    pub(super) fn status(&self) -> &SessionStatus {
        self.session.status()
    }

    /// Advances the clock to the deadline. Returns the time that passed, in milliseconds.
    pub(super) fn wait(&mut self) -> u64 {
        let deadline = self.session.deadline().unwrap().as_u64();
        let passed = deadline - self.now;
        self.now = deadline;
        self.tell(Input::Tick);
        passed
    }

    /// Advances the clock until the next request. Returns the time that passed, in milliseconds. The limit of the request rate may delay
    /// the request.
    pub(super) fn come_back(&mut self) -> u64 {
        let (begin, sent) = (self.now, self.sent.len());
        while self.sent.len() == sent {
            self.wait();
        }
        self.now - begin
    }

    /// Responds with features: with a poll's body or a stream, depending on the mode.
    pub(super) fn good(&mut self, mode: Mode) {
        match mode {
            Mode::Streaming => self.live(),
            _ => self.good_poll(),
        }
    }

    /// Returns the value of feature `A` in the last publication; `None` if it has no value.
    pub(super) fn value(&self) -> Option<String> {
        let rules = &self.published.last()?.rules;
        let nobody = fh_eval::Subject::without_context(fh_eval::Timestamp::from_millis(0));
        rules.ruleset().get("A")?.evaluate(&nobody).string().map(str::to_string)
    }

    /// Returns the keys of the features in the last publication.
    pub(super) fn keys(&self) -> Vec<String> {
        let published = self.published.last().map(|publication| &publication.rules);
        let features = published.into_iter().flat_map(|rules| rules.ruleset().iter());
        features.map(|feature| feature.key().to_string()).collect()
    }
}

pub(super) fn json(status: u16) -> ResponseHead {
    ResponseHead::new(status).header("content-type", "application/json")
}

pub(super) fn user(name: &str) -> Arc<Attributes> {
    Arc::new(Attributes::builder().user_key(name).build())
}
