//! A session with its clock and a plain server, and the helpers with which the tests drive them. Each step checks the invariants of every
//! state.

use super::*;

const KEY: &str = "fs_srv_0123456789";
/// The polling interval of the tests, which is a multiple of no other delay.
pub(super) const EVERY: Duration = Duration::from_secs(45);

/// The purpose of a request, as its URL and body show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// The map for this user key.
    Map(String),
    /// The answers for these flags and this context.
    Part(Vec<String>, Value),
    Stream,
}

/// A session, its clock, the state of its server, and the actions that the session has returned.
///
/// The value of each flag names the user key and the server's version, so that each publication shows whose values it holds.
pub(super) struct TestDriver {
    pub(super) session: Session,
    mode: Mode,
    pub(super) now: u64,
    /// The keys of the server's flags.
    pub(super) flags: Vec<String>,
    /// A flag of the map that bulk does not know any more.
    pub(super) deleted: Option<String>,
    pub(super) version: u64,
    pub(super) sent: Vec<Kind>,
    pub(super) aborted: Vec<RequestId>,
    pub(super) published: Vec<Publication>,
    pub(super) notices: Vec<Notice>,
    pub(super) settled: Vec<(CommandId, Result<Readiness, Problem>)>,
    pub(super) poll: Option<RequestId>,
    pub(super) stream: Option<RequestId>,
    /// The times at which the last polls and streams began.
    begun: Vec<u64>,
}

impl TestDriver {
    pub(super) fn with(mode: Mode, change: impl FnOnce(&mut Config)) -> Self {
        let endpoint = Endpoint::parse("http://server", "production").unwrap();
        let mut config = Config::new(endpoint, Key::parse(KEY).unwrap());
        config.mode = mode;
        config.backoff.jitter = 0.0;
        config.refused.jitter = 0.0;
        change(&mut config);
        Self {
            mode: config.mode,
            session: Session::new(config, 7),
            now: 1_000,
            flags: vec!["a".to_string(), "b".to_string()],
            deleted: None,
            version: 1,
            sent: Vec::new(),
            aborted: Vec::new(),
            published: Vec::new(),
            notices: Vec::new(),
            settled: Vec::new(),
            poll: None,
            stream: None,
            begun: Vec::new(),
        }
    }

    pub(super) fn idle(mode: Mode) -> Self {
        Self::with(mode, |_| {})
    }

    pub(super) fn started(mode: Mode) -> Self {
        let mut driver = Self::idle(mode);
        driver.tell(Input::Start);
        driver
    }

    /// Creates a session whose first poll is in flight.
    pub(super) fn polling() -> Self {
        Self::started(Mode::Polling(EVERY))
    }

    /// Creates a session that has values for the user key `anonymous`.
    pub(super) fn ready() -> Self {
        let mut driver = Self::polling();
        driver.serve();
        driver
    }

    /// Creates a session with an open stream, whose last poll has succeeded.
    pub(super) fn streaming() -> Self {
        let mut driver = Self::started(Mode::Streaming(EVERY));
        driver.serve();
        driver.open_stream();
        driver.come_back();
        driver.serve();
        assert_eq!(driver.status().connection, Connection::Streaming);
        driver
    }

    /// Passes an input to the session, records the actions that follow, and checks the invariants of every state.
    pub(super) fn tell(&mut self, input: Input<'_>) {
        let mut is_answered = false;
        if let Input::Closed { request_id, .. } = &input {
            is_answered = self.poll.take_if(|poll| poll == request_id).is_some();
            self.stream.take_if(|stream| stream == request_id);
        }
        self.session.handle(Millis::new(self.now), input);
        while let Some(action) = self.session.poll() {
            // A publication holds no settings, and its text is long.
            if !matches!(action, Action::Publish(_)) {
                let text = format!("{action:?}");
                assert!(!text.contains(KEY) && !text.contains("bob"), "{text}");
            }
            match action {
                Action::Send(request_id, request) => {
                    let kind = kind_of(&request);
                    let of_kind = match kind {
                        Kind::Stream => &mut self.stream,
                        _ => &mut self.poll,
                    };
                    assert_eq!(of_kind.replace(request_id), None, "two requests of one kind");
                    // A part follows the answer before it. A poll may begin with a part only if the settings name the flags.
                    if !matches!(kind, Kind::Part(..)) || !is_answered {
                        self.begins();
                    }
                    self.sent.push(kind);
                }
                Action::Abort(request_id) => {
                    let is_poll = self.poll.take_if(|poll| *poll == request_id).is_some();
                    let is_stream = self.stream.take_if(|stream| *stream == request_id).is_some();
                    assert!(is_poll || is_stream, "aborts {request_id:?}, which is not in flight");
                    self.aborted.push(request_id);
                }
                Action::Publish(publication) => {
                    self.check(&publication);
                    self.published.push(publication);
                }
                Action::Notice(notice) => self.notices.push(notice),
                Action::CommandDone(command_id, outcome) => {
                    let is_new = self.settled.iter().all(|(done, _)| *done != command_id);
                    assert!(is_new, "{command_id:?} has two outcomes");
                    self.settled.push((command_id, outcome));
                }
                Action::Status(status) => assert_eq!(&status, self.session.status()),
                other => panic!("{other:?}"),
            }
        }
        let connection = self.status().connection;
        // A client without a server waits for its ruleset.
        let is_local = self.mode == Mode::Local;
        let rests = is_local
            || matches!(
                connection,
                Connection::Idle | Connection::Offline | Connection::Closed | Connection::Done
            );
        let may_rest = rests || (connection == Connection::Suspended && self.poll.is_none());
        assert_eq!(self.session.deadline().is_none(), may_rest, "{:?}", self.session);
    }

    fn begins(&mut self) {
        self.begun.push(self.now);
        if let [.., first, _, last] = self.begun.as_slice() {
            assert!(last - first >= 1_000, "three polls or streams within a second");
        }
    }

    /// Checks that a publication holds the values of one user key and one version, and of the context that the publication names.
    fn check(&self, publication: &Publication) {
        let Some(evaluated) = publication.rules.evaluated_for() else { return };
        let key = user_key(&evaluated.context);
        let mut first = None;
        each_value(publication, |flag, value| {
            let Some((user, version)) = value.split_once('@') else { return };
            assert_eq!(user, key, "{flag} has the value of another context");
            let first = first.get_or_insert_with(|| version.to_string());
            assert_eq!(first, version, "{flag} has the value of another refresh");
        });
    }

    pub(super) fn status(&self) -> &SessionStatus {
        self.session.status()
    }

    pub(super) fn problem(&self) -> Option<Problem> {
        self.status().problem.clone()
    }

    /// Returns the last request of the poll.
    pub(super) fn last_poll(&self) -> &Kind {
        self.sent.iter().rfind(|kind| **kind != Kind::Stream).unwrap()
    }

    /// Returns the number of polls that have begun.
    pub(super) fn polls(&self) -> usize {
        self.sent.iter().filter(|sent| matches!(sent, Kind::Map(_))).count()
    }

    pub(super) fn streams(&self) -> usize {
        self.sent.iter().filter(|sent| **sent == Kind::Stream).count()
    }

    /// Answers the request in flight with this head.
    pub(super) fn head(&mut self, head: &ResponseHead) {
        self.tell(Input::Opened { request_id: self.poll.unwrap(), head });
    }

    /// Sends a piece of the body of the request in flight, unless the session has aborted the request.
    pub(super) fn say(&mut self, bytes: &[u8]) {
        if let Some(request_id) = self.poll {
            self.tell(Input::Bytes { request_id, bytes });
        }
    }

    pub(super) fn end(&mut self, end: End<'_>) {
        if let Some(request_id) = self.poll {
            self.tell(Input::Closed { request_id, end });
        }
    }

    /// Answers the request in flight.
    pub(super) fn answer(&mut self, status: u16, body: &str) {
        self.head(&ResponseHead::new(status).header("Content-Type", "application/json"));
        self.say(body.as_bytes());
        self.end(End::Complete);
    }

    /// Answers the request in flight as the server does.
    pub(super) fn serve_one(&mut self) {
        let members: Vec<String> = match self.last_poll() {
            Kind::Map(user) => {
                let value = format!("\"{user}@{}\"", self.version);
                self.flags.iter().map(|flag| format!("\"{flag}\":{value}")).collect()
            }
            Kind::Part(keys, context) => {
                let user = context["key"].as_str().unwrap();
                let answer =
                    format!(r#"{{"value":"{user}@{}","reason":"TARGETED"}}"#, self.version);
                let keys = keys.iter().map(|key| {
                    let is_known = self.flags.contains(key) && self.deleted.as_ref() != Some(key);
                    let answer =
                        if is_known { &*answer } else { r#"{"value":null,"reason":"NOT_FOUND"}"# };
                    format!("\"{key}\":{answer}")
                });
                keys.collect()
            }
            Kind::Stream => unreachable!(),
        };
        self.answer(200, &format!("{{{}}}", members.join(",")));
    }

    /// Answers requests as the server does until no poll is in flight.
    pub(super) fn serve(&mut self) {
        while self.poll.is_some() {
            self.serve_one();
        }
    }

    /// Opens the stream that the session has asked for.
    pub(super) fn open_stream(&mut self) {
        self.stream_head(&ResponseHead::new(200).header("Content-Type", "text/event-stream"));
    }

    pub(super) fn stream_head(&mut self, head: &ResponseHead) {
        self.tell(Input::Opened { request_id: self.stream.unwrap(), head });
    }

    pub(super) fn event(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.tell(Input::Bytes { request_id: self.stream.unwrap(), bytes });
    }

    pub(super) fn end_stream(&mut self, end: End<'_>) {
        self.tell(Input::Closed { request_id: self.stream.unwrap(), end });
    }

    pub(super) fn set_context(&mut self, number: u64, context: &Arc<Attributes>) {
        self.tell(Input::Context(CommandId(number), Arc::clone(context)));
    }

    /// Returns the outcome of a command; `None` if it waits.
    pub(super) fn outcome(&self, number: u64) -> Option<Result<Readiness, Problem>> {
        let (_, outcome) = self.settled.iter().find(|(done, _)| *done == CommandId(number))?;
        Some(outcome.clone())
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

    /// Advances the clock until a poll is in flight. Returns the time that passed, in milliseconds.
    pub(super) fn come_back(&mut self) -> u64 {
        let begin = self.now;
        while self.poll.is_none() {
            self.wait();
        }
        self.now - begin
    }

    /// Returns the value of each flag for a reader of this context, in the order of the keys; empty if the reader gets none.
    pub(super) fn read(&self, context: &Arc<Attributes>) -> Vec<(String, String)> {
        let Some(publication) = self.published.last() else { return Vec::new() };
        let evaluated = publication.rules.evaluated_for().unwrap();
        if evaluated.answers_for(context) { values(publication) } else { Vec::new() }
    }

    /// Returns the value of the flag `a` for a reader of this context; empty if the reader gets none.
    pub(super) fn value(&self, context: &Arc<Attributes>) -> String {
        let values = self.read(context).into_iter();
        values.filter(|(key, _)| key == "a").map(|(_, value)| value).collect()
    }
}

fn kind_of(request: &Request) -> Kind {
    let url = request.url.expose();
    let header = |name: &str| {
        request.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    };
    assert_eq!(header("x-api-key"), Some(KEY));
    assert!(!url.contains(KEY) && header("user-agent").is_some());
    assert_eq!(header("content-type"), request.body.as_ref().map(|_| "application/json"));
    if url == "http://server/v1/stream/production" {
        assert_eq!(
            (request.kind, header("accept")),
            (RequestKind::Stream, Some("text/event-stream"))
        );
        return Kind::Stream;
    }
    assert_eq!((request.kind, header("accept")), (RequestKind::Poll, Some("application/json")));
    if let Some(body) = &request.body {
        assert_eq!(url, "http://server/v1/evaluate/bulk");
        let mut body: Value = serde_json::from_str(body).unwrap();
        let keys: Vec<String> = serde_json::from_value(body["flag_keys"].take()).unwrap();
        assert!(keys.len() <= 100, "the server refuses {} flags", keys.len());
        return Kind::Part(keys, body["context"].take());
    }
    Kind::Map(url.strip_prefix("http://server/v1/client/production/flags?key=").unwrap().into())
}

fn each_value(publication: &Publication, mut take: impl FnMut(&str, &str)) {
    let subject = fh_eval::Subject::without_context(fh_eval::Timestamp::from_millis(0));
    for flag in publication.rules.ruleset().iter() {
        take(flag.key(), flag.evaluate(&subject).string().unwrap_or_default());
    }
}

fn values(publication: &Publication) -> Vec<(String, String)> {
    let mut values = Vec::new();
    each_value(publication, |key, value| values.push((key.to_string(), value.to_string())));
    values.sort();
    values
}

fn user_key(context: &Attributes) -> &str {
    context.get("key").and_then(|mut values| values.next()).unwrap_or("anonymous")
}

/// Returns the context of a user; of a user with a plan, if there is one.
pub(super) fn context(key: &str, plan: Option<&str>) -> Arc<Attributes> {
    let builder = Attributes::builder().attribute("key", key);
    Arc::new(match plan {
        Some(plan) => builder.attribute("plan", plan).build(),
        None => builder.build(),
    })
}
