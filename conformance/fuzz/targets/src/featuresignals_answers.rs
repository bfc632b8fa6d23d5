//! Any bodies of a FeatureSignals server: maps, answers for named flags, and errors. Each line of the input is the answer to the next request
//! of a session; three digits and a blank before the body are its status.

use fh_eval::{Subject, Timestamp};
use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::rules::Rules;
use fh_repository::time::Millis;
use fh_session::featuresignals::internal::{Bulk, FlagMap, answers_document, error_text};
use fh_session::featuresignals::{Config, Endpoint, Key, Reasons, Session};
use fh_session::{Action, End, Input, RequestId, ResponseHead};

const KEY: &str = "fs_srv_0123456789abcdef";
/// The largest number of answers. Longer scripts find nothing more.
const ANSWERS: usize = 50;

pub fn run(bytes: &[u8]) {
    let lines = || bytes.split(|byte| *byte == b'\n').take(ANSWERS);
    lines().for_each(read);
    for reasons in [Reasons::OfContextsWithAttributes, Reasons::Always] {
        let mut player = Player::new(reasons);
        for line in lines() {
            let status = line.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
            match (status.and_then(|digits| digits.parse().ok()), line.get(3)) {
                (Some(status), Some(b' ')) => player.answer(status, &line[4..]),
                _ => player.answer(200, line),
            }
        }
        player.recover();
    }
}

/// Reads a body in each way, and checks that what was read can be written and read again.
fn read(body: &[u8]) {
    if let Some(error) = error_text(body) {
        assert!(!error.trim().is_empty() && error.chars().count() <= 2 * 301 + 2, "{error}");
    }
    let bulk = Bulk::parse(body);
    let Ok(map) = FlagMap::parse(body) else {
        assert!(bulk.is_err(), "answers that are no object");
        return;
    };
    let keys = map.keys();
    assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]));
    let ruleset = map.compile(None);
    assert_eq!(ruleset.len(), keys.len());
    let some = &keys[..keys.len() / 2];
    assert_eq!(map.compile(Some(some)).len(), some.len());
    let subject = Subject::without_context(Timestamp::from_millis(0));
    ruleset.evaluate_all(&subject, |flag, evaluation| {
        assert_eq!(flag.evaluate(&subject).value(), evaluation.value());
    });
    let document = answers_document(&ruleset);
    assert!(Bulk::parse(document.as_bytes()).is_ok(), "{document}");
}

/// A session with its clock and the request in flight.
struct Player {
    session: Session,
    now: u64,
    live: Option<RequestId>,
    /// True if the request in flight asks for named flags.
    is_part: bool,
    rules: Option<std::sync::Arc<Rules>>,
}

impl Player {
    fn new(reasons: Reasons) -> Self {
        let endpoint = Endpoint::parse("http://server", "production").unwrap();
        let mut config = Config::new(endpoint, Key::parse(KEY).unwrap());
        config.reasons = reasons;
        config.limits.bytes = 4_096;
        let session = Session::new(config, 7);
        let mut player = Self { session, now: 0, live: None, is_part: false, rules: None };
        player.tell(Input::Start);
        player
    }

    fn tell(&mut self, input: Input<'_>) {
        if matches!(input, Input::Closed { .. }) {
            self.live = None;
        }
        self.session.handle(Millis::new(self.now), input);
        while let Some(action) = self.session.poll() {
            match action {
                Action::Send(request_id, request) => {
                    assert_eq!(self.live.replace(request_id), None, "two polls in flight");
                    self.is_part = request.body.is_some();
                }
                Action::Abort(request_id) => assert_eq!(self.live.take(), Some(request_id)),
                Action::Publish(publication) => self.rules = Some(publication.rules),
                _ => {}
            }
        }
        let is_ready = self.session.status().readiness == Readiness::Ready;
        assert_eq!(is_ready, self.rules.is_some(), "ready with values, and only then");
        assert!(self.session.deadline().is_some());
    }

    /// Answers the next request, in two pieces.
    fn answer(&mut self, status: u16, body: &[u8]) {
        while self.live.is_none() {
            let deadline = self.session.deadline().map_or(0, Millis::as_u64);
            self.now = self.now.max(deadline);
            self.tell(Input::Tick);
        }
        let former = self.rules.clone();
        let request_id = self.live.unwrap();
        let head = ResponseHead::new(status);
        self.tell(Input::Opened { request_id, head: &head });
        let (first, rest) = body.split_at(body.len() / 2);
        for bytes in [first, rest] {
            if self.live == Some(request_id) {
                self.tell(Input::Bytes { request_id, bytes });
            }
        }
        if self.live == Some(request_id) {
            self.tell(Input::Closed { request_id, end: End::Complete });
        }
        if status != 200 {
            assert!(self.session.status().problem.is_some());
            assert_eq!(self.rules.is_some(), former.is_some(), "an error changes no values");
        }
        if let Some(Problem::Rejected { status: of, message }) = &self.session.status().problem {
            assert!((400..429).contains(of) && !message.is_empty());
        }
    }

    /// Answers well until the client has the values of the server.
    fn recover(&mut self) {
        // A poll that has begun with a good map goes on.
        if self.is_part && self.live.is_some() {
            self.answer(500, b"");
        }
        self.answer(200, br#"{"a":"x"}"#);
        if self.is_part && self.live.is_some() {
            self.answer(200, br#"{"a":{"value":"x","reason":"TARGETED"}}"#);
        }
        let rules = self.rules.as_ref().expect("a client that goes on recovers");
        assert_eq!(rules.ruleset().len(), 1);
        assert_eq!(self.session.status().problem, None);
    }
}
