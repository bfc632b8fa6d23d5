//! The table of what is done when, row by row. Interleavings are the simulation's business (`tests/simulation`).

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;

use super::*;
use crate::WhileSwitching;
use crate::action::{Cause, End, Head, Publication, Request};
use crate::edge_url::EdgeUrl;
use crate::key::ApiKeys;
use crate::rules::Source;
use crate::status::Notice;

const CLIENT: &str = "e/k*";
const SERVER: &str = "e/k";
const LIST: &str = r#"[{"id":"a","key":"A","version":1,"type":"STRING","value":"x"}]"#;

/// A session, its clock, and what it has done.
struct Desk {
    session: Session,
    now: u64,
    sent: Vec<(Ticket, Request)>,
    aborted: Vec<Ticket>,
    published: Vec<Publication>,
    notices: Vec<Notice>,
    settled: Vec<(Errand, Result<Readiness, Problem>)>,
    statuses: Vec<Status>,
    arms: usize,
}

impl Desk {
    fn new(mode: Mode, keys: &[&str]) -> Self {
        Self::with(mode, keys, |_| {})
    }

    fn with(mode: Mode, keys: &[&str], change: impl FnOnce(&mut Config)) -> Self {
        let edge = EdgeUrl::parse("http://edge").unwrap();
        let mut config = Config::new(edge, ApiKeys::parse(keys).unwrap());
        config.mode = mode;
        config.backoff.jitter = 0.0;
        config.refused.jitter = 0.0;
        change(&mut config);
        let mut desk = Self {
            session: Session::new(config, 7),
            now: 0,
            sent: Vec::new(),
            aborted: Vec::new(),
            published: Vec::new(),
            notices: Vec::new(),
            settled: Vec::new(),
            statuses: Vec::new(),
            arms: 0,
        };
        desk.tell(Input::Start);
        desk
    }

    fn tell(&mut self, input: Input<'_>) {
        self.session.handle(Millis::new(self.now), input);
        while let Some(action) = self.session.poll() {
            match action {
                Action::Send(ticket, request) => self.sent.push((ticket, request)),
                Action::Abort(ticket) => self.aborted.push(ticket),
                Action::Publish(publication) => self.published.push(publication),
                Action::Notice(notice) => self.notices.push(notice),
                Action::Settled(errand, outcome) => self.settled.push((errand, outcome)),
                Action::Status(status) => self.statuses.push(status),
                Action::Arm => self.arms += 1,
                Action::Raw(_) => {}
            }
        }
    }

    fn ticket(&self) -> Ticket {
        self.sent.last().unwrap().0
    }

    fn request(&self) -> &Request {
        &self.sent.last().unwrap().1
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.request().headers;
        headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn answer(&mut self, head: Head, body: &str) {
        let ticket = self.ticket();
        self.tell(Input::Opened { ticket, head: &head });
        self.tell(Input::Bytes { ticket, bytes: body.as_bytes() });
        self.tell(Input::Closed { ticket, end: End::Complete });
    }

    fn polled(&mut self, body: &str) {
        self.answer(json(200), body);
    }

    fn good_poll(&mut self) {
        self.polled(&format!(r#"[{{"id":"e","features":{LIST}}}]"#));
    }

    fn open(&mut self) {
        let ticket = self.ticket();
        let head = Head::new(200).header("content-type", "text/event-stream");
        self.tell(Input::Opened { ticket, head: &head });
    }

    fn event(&mut self, name: &str, data: &str) {
        let ticket = self.ticket();
        let bytes = format!("event: {name}\ndata: {data}\n\n");
        self.tell(Input::Bytes { ticket, bytes: bytes.as_bytes() });
    }

    fn close(&mut self) {
        let ticket = self.ticket();
        self.tell(Input::Closed { ticket, end: End::Complete });
    }

    fn live(&mut self) {
        self.open();
        self.event("features", LIST);
    }

    fn status(&self) -> &Status {
        self.session.status()
    }

    /// Lets time pass up to the deadline, and says how long it was.
    fn wait(&mut self) -> u64 {
        let deadline = self.session.deadline().unwrap().as_u64();
        let passed = deadline - self.now;
        self.now = deadline;
        self.tell(Input::Tick);
        passed
    }

    /// Lets time pass until the next request, and says how long it was. The pace may hold it up.
    fn come_back(&mut self) -> u64 {
        let (begin, sent) = (self.now, self.sent.len());
        while self.sent.len() == sent {
            self.wait();
        }
        self.now - begin
    }

    fn good(&mut self, mode: Mode) {
        match mode {
            Mode::Streaming => self.live(),
            _ => self.good_poll(),
        }
    }

    fn value(&self) -> Option<String> {
        let rules = &self.published.last()?.rules;
        let nobody = fh_eval::Subject::nobody(fh_eval::Timestamp::from_millis(0));
        rules.ruleset().get("A")?.evaluate(&nobody).string().map(str::to_string)
    }
}

fn json(status: u16) -> Head {
    Head::new(status).header("content-type", "application/json")
}

fn user(name: &str) -> Arc<Attributes> {
    Arc::new(Attributes::builder().user_key(name).build())
}

const POLL: Mode = Mode::ActivePolling(Duration::from_secs(180));

#[test]
fn polls_at_the_interval_that_the_edge_asks_for() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    assert_eq!(desk.request().url.expose(), "http://edge/features?apiKey=e/k*&contextSha=0");
    desk.good_poll();
    assert_eq!(desk.status().readiness, Readiness::Ready);
    assert_eq!(desk.wait(), 180_000);
    desk.answer(json(304), "");
    // Not asked for with an etag, so it is no answer; those who have features wait for the next time.
    assert_eq!(desk.status().problem, Some(Problem::UnexpectedStatus(304)));
    assert_eq!(desk.wait(), 180_000);
    desk.answer(json(200).header("cache-control", "max-age=20").header("etag", "W/\"x\""), "[{}]");
    assert_eq!(desk.status().problem, Some(Problem::EmptyList));
    assert_eq!(desk.wait(), 20_000);
    // What was not applied is not asked to be left out the next time (D-72).
    assert_eq!(desk.header("if-none-match"), None);
    desk.answer(json(200).header("etag", "W/\"x\""), &format!(r#"[{{"features":{LIST}}}]"#));
    assert_eq!(desk.wait(), 20_000);
    assert_eq!(desk.header("if-none-match"), Some("W/\"x\""));
    desk.answer(Head::new(304), "");
    assert_eq!((desk.status().problem.clone(), desk.wait()), (None, 20_000));
    assert_eq!(desk.header("if-none-match"), Some("W/\"x\""));
    desk.good_poll();
    assert_eq!(desk.wait(), 20_000);
    assert_eq!(desk.header("if-none-match"), None);
    assert_eq!(desk.published.len(), 1);
}

#[test]
fn refusals_on_first_contact_fail_at_once_and_are_retried_slowly() {
    for status in [401, 403, 404] {
        for mode in [Mode::Streaming, POLL, Mode::OneOff] {
            let mut desk = Desk::new(mode, &[CLIENT]);
            let mut waits = Vec::new();
            for _ in 0..6 {
                desk.answer(Head::new(status), "");
                assert_eq!(desk.status().readiness, Readiness::Failed, "{status} {mode:?}");
                waits.push(desk.wait() / 1000);
            }
            assert_eq!(waits, [60, 120, 240, 480, 600, 600], "{status} {mode:?}");
            desk.good(mode);
            assert_eq!(desk.status().readiness, Readiness::Ready);
            assert_eq!((desk.status().problem.clone(), desk.status().attempts), (None, 0));
        }
    }
}

#[test]
fn nonsense_on_first_contact_stops_until_somebody_asks() {
    for mode in [Mode::Streaming, POLL] {
        let mut desk = Desk::new(mode, &[CLIENT]);
        desk.answer(Head::new(400), "");
        assert_eq!(desk.status().readiness, Readiness::Failed);
        assert_eq!(desk.status().connection, Connection::Halted);
        assert_eq!(desk.session.deadline(), None);
        desk.tell(Input::Refresh(Errand(1)));
        assert_eq!(desk.sent.len(), 2);
        desk.good(mode);
        assert_eq!(desk.settled, [(Errand(1), Ok(Readiness::Ready))]);
    }
}

#[test]
fn refusals_after_ready_keep_everything() {
    for status in [400, 401, 403, 404] {
        for mode in [Mode::Streaming, POLL] {
            let mut desk = Desk::new(mode, &[CLIENT]);
            if mode == Mode::Streaming {
                desk.live();
                desk.close();
            } else {
                desk.good_poll();
            }
            desk.wait();
            desk.answer(Head::new(status), "");
            assert_eq!(desk.status().readiness, Readiness::Ready);
            assert!(desk.status().problem.clone().unwrap().is_refusal());
            assert_eq!(desk.wait(), 60_000);
            assert_eq!(desk.value().as_deref(), Some("x"));
        }
    }
}

#[test]
fn trouble_before_ready_backs_off() {
    for status in [500, 503, 429, 204, 418] {
        let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
        let mut waits = Vec::new();
        for _ in 0..7 {
            desk.answer(Head::new(status), "");
            assert_eq!(desk.status().readiness, Readiness::NotReady);
            waits.push(desk.wait() / 1000);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30], "{status}");
    }
    let mut desk = Desk::new(Mode::ActivePolling(Duration::from_secs(5)), &[CLIENT]);
    let mut waits = Vec::new();
    for _ in 0..5 {
        desk.answer(Head::new(503), "");
        waits.push(desk.wait() / 1000);
    }
    assert_eq!(waits, [1, 2, 4, 5, 5]);
    desk.good_poll();
    desk.wait();
    desk.answer(Head::new(503).header("retry-after", "77"), "");
    assert_eq!(desk.wait(), 77_000);
}

#[test]
fn how_streams_end() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    // Before any features: back-off.
    desk.open();
    desk.event("ack", r#"{"status":"discover"}"#);
    desk.event("bye", r#"{"status":"closed"}"#);
    desk.close();
    assert_eq!(desk.status().problem, Some(Problem::ClosedEarly));
    assert_eq!(desk.wait(), 1_000);
    // As announced: soon, and nothing is wrong.
    for _ in 0..5 {
        desk.live();
        desk.event("bye", r#"{"status":"closed"}"#);
        desk.close();
        assert_eq!((desk.status().problem.clone(), desk.status().attempts), (None, 0));
        let wait = desk.come_back();
        assert!((100..=1000).contains(&wait), "{wait}");
    }
    // Without a word: soon once, then later and later.
    let mut waits = Vec::new();
    for _ in 0..4 {
        desk.live();
        desk.close();
        assert_eq!(desk.status().problem, Some(Problem::Disconnected));
        assert_eq!(desk.status().readiness, Readiness::Ready);
        waits.push(desk.come_back());
    }
    assert!((100..=1000).contains(&waits[0]) && waits[1..] == [1000, 2000, 4000], "{waits:?}");
    // After a minute of health: as at first.
    desk.live();
    desk.now += 61_000;
    desk.event("ack", "\"❤️\"");
    desk.close();
    assert!(desk.wait() <= 1000);
}

#[test]
fn silence_is_not_for_ever() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    assert_eq!(desk.wait(), 12_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Head)));
    desk.wait();
    desk.open();
    let ticket = desk.ticket();
    // Heartbeats are life, but no features.
    for _ in 0..8 {
        desk.now += 11_000;
        desk.tell(Input::Bytes { ticket, bytes: b": alive\n" });
    }
    desk.wait();
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::FirstEvent)));
    assert_eq!(desk.aborted.last(), Some(&ticket));
    desk.wait();
    desk.live();
    let ticket = desk.ticket();
    for _ in 0..50 {
        desk.now += 80_000;
        desk.tell(Input::Bytes { ticket, bytes: b":\n" });
        assert_eq!(desk.status().connection, Connection::Streaming);
    }
    assert_eq!(desk.wait(), 90_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Silence)));
    desk.wait();
    desk.live();
    let ticket = desk.ticket();
    desk.tell(Input::Bytes { ticket, bytes: b"data: " });
    for _ in 0..8 {
        desk.now += 11_000;
        desk.tell(Input::Bytes { ticket, bytes: b"d" });
    }
    assert_eq!(desk.wait(), 2_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Event)));
    // A large event may take as long as its bytes are worth.
    desk.wait();
    desk.live();
    let ticket = desk.ticket();
    desk.tell(Input::Bytes { ticket, bytes: b"data: " });
    for _ in 0..30 {
        desk.now += 60_000;
        desk.tell(Input::Bytes { ticket, bytes: &[b'd'; 61_440 + 1024] });
        assert_eq!(desk.status().connection, Connection::Streaming);
    }
    assert_eq!(desk.wait(), 30_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Event)));
}

#[test]
fn a_poll_has_its_time() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    let ticket = desk.ticket();
    desk.now += 11_000;
    desk.tell(Input::Opened { ticket, head: &json(200) });
    desk.tell(Input::Bytes { ticket, bytes: b"[" });
    assert_eq!(desk.wait(), 1_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Body)));
    assert_eq!(desk.aborted, [ticket]);
}

#[test]
fn failure_is_told_once_and_retried_slowly() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    desk.event("failure", r#"{"status":"Unrecognized API key. Please stop requesting."}"#);
    assert_eq!(desk.status().readiness, Readiness::Failed);
    assert_eq!(
        desk.status().problem,
        Some(Problem::Failure("Unrecognized API key. Please stop requesting.".into()))
    );
    assert_eq!(desk.value().as_deref(), Some("x"));
    assert_eq!(desk.wait(), 60_000);
    desk.live();
    assert_eq!(desk.status().readiness, Readiness::Ready);
    let failed = desk.statuses.iter().filter(|s| s.readiness == Readiness::Failed);
    // Failed, and still failed while connecting.
    assert!(failed.count() >= 1);
}

#[test]
fn stale_environments() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.answer(json(236), &format!(r#"[{{"id":"e","features":{LIST}}}]"#));
    assert_eq!(desk.status().readiness, Readiness::Ready);
    assert!(desk.status().is_stale && desk.session.deadline().is_none());
    desk.tell(Input::Refresh(Errand(1)));
    desk.good_poll();
    assert!(!desk.status().is_stale && desk.session.deadline().is_some());

    for (stale, stops) in [("true", true), ("false", false), ("null", false), ("0", false)] {
        let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
        desk.live();
        desk.event("config", &format!(r#"{{"edge.stale":{stale}}}"#));
        assert_eq!(desk.status().is_stale, stops, "{stale}");
        assert_eq!(desk.session.deadline().is_none(), stops, "{stale}");
        assert_eq!(desk.status().readiness, Readiness::Ready);
    }
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    desk.event("config", r#"{"edge.other":1}"#);
    desk.event("config", "nonsense");
    desk.event("wibble", "nonsense");
    desk.event("config", r#"{"edge.stale":3}"#);
    assert_eq!(desk.status().connection, Connection::Paused);
    assert_eq!(desk.wait(), 3_000);
    desk.live();
    assert_eq!(desk.status().problem, None);
}

#[test]
fn a_stale_client_refuses_another_context() {
    let mut desk = Desk::new(POLL, &[SERVER]);
    desk.answer(json(236), &format!(r#"[{{"id":"e","features":{LIST}}}]"#));
    desk.tell(Input::Context(Errand(1), user("fred")));
    assert_eq!(desk.settled, [(Errand(1), Err(Problem::Stale))]);
    assert_eq!(desk.sent.len(), 1);
}

#[test]
fn another_context_asks_anew() {
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.live();
    let old = desk.ticket();
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(1), user("fred")));
    assert_eq!(desk.aborted, [old]);
    assert_eq!(desk.header("x-featurehub"), Some("userkey=fred"));
    assert_eq!(desk.status().readiness, Readiness::NotReady);
    // The former stream's news are late.
    desk.tell(Input::Bytes { ticket: old, bytes: b"event: features\ndata: []\n\n" });
    assert_eq!(desk.status().readiness, Readiness::NotReady);
    desk.live();
    assert_eq!(desk.settled, [(Errand(1), Ok(Readiness::Ready))]);
    assert_eq!(desk.published.last().unwrap().cause, Cause::First);
    let rules = &desk.published.last().unwrap().rules;
    assert_eq!(rules.evaluated_for().unwrap().context, user("fred"));
    // The same again changes nothing.
    desk.tell(Input::Context(Errand(2), user("fred")));
    assert_eq!((desk.settled.len(), desk.sent.len()), (2, 2));
    // Cleared: the header goes.
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(3), Arc::default()));
    assert_eq!(desk.header("x-featurehub"), None);
}

#[test]
fn contexts_and_etags_of_polls() {
    let mut desk = Desk::new(POLL, &[SERVER]);
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    desk.answer(json(200).header("etag", "\"1\""), &body);
    desk.tell(Input::Context(Errand(1), user("a,b")));
    assert_eq!(desk.header("if-none-match"), None);
    let sha = ContextHeader::of(&user("a,b")).unwrap().context_sha();
    assert!(desk.request().url.expose().ends_with(&format!("contextSha={sha}")));
    assert_eq!(desk.notices, [Notice::CommaInValue { attribute: "userkey".into() }]);
    let many = (0..31).fold(Attributes::builder(), |b, n| b.attribute(&format!("a{n}"), n));
    desk.tell(Input::Context(Errand(2), Arc::new(many.build())));
    assert!(matches!(desk.settled.last(), Some((Errand(2), Err(Problem::Context(_))))));
}

#[test]
fn contexts_of_client_keys_stay_here() {
    for mode in [Mode::Streaming, POLL] {
        let mut desk = Desk::new(mode, &[CLIENT]);
        desk.tell(Input::Context(Errand(1), user("fred")));
        assert_eq!(desk.settled.len(), 1);
        assert_eq!((desk.sent.len(), desk.header("x-featurehub")), (1, None));
    }
}

#[test]
fn the_context_in_the_query() {
    let mut desk = Desk::with(Mode::Streaming, &[SERVER], |config| {
        config.context_placement = crate::ContextPlacement::Query;
    });
    desk.tell(Input::Context(Errand(1), user("a b")));
    assert_eq!(
        desk.request().url.expose(),
        "http://edge/features/e/k?xfeaturehub=userkey%3Da%2520b"
    );
    assert_eq!(desk.header("x-featurehub"), None);
}

#[test]
fn at_most_two_requests_a_second() {
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    for n in 0..10 {
        desk.tell(Input::Context(Errand(n), user(&n.to_string())));
    }
    assert_eq!(desk.sent.len(), 2);
    assert_eq!(desk.wait(), 1_000);
    assert_eq!(desk.header("x-featurehub"), Some("userkey=9"));
    desk.live();
    assert_eq!(desk.settled.len(), 10);
}

#[test]
fn keeping_values_while_switching() {
    let mut desk = Desk::with(Mode::Streaming, &[SERVER], |config| {
        config.while_switching = WhileSwitching::KeepValues;
    });
    desk.live();
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(1), user("fred")));
    assert_eq!(desk.status().readiness, Readiness::Ready);
    let rules = &desk.published.last().unwrap().rules;
    assert_eq!(rules.evaluated_for().unwrap().context, user("fred"));
    assert!(desk.settled.is_empty());
    desk.live();
    assert_eq!(desk.published.last().unwrap().cause, Cause::First);
    assert_eq!(desk.settled.len(), 1);
}

#[test]
fn another_users_values_are_never_served() {
    let empty = r#"[{"id":"e","features":[]}]"#;
    let older = r#"[{"id":"e","features":[{"id":"a","key":"A","version":0,"type":"STRING","value":"fred's"}]}]"#;
    for keep in [WhileSwitching::HideValues, WhileSwitching::KeepValues] {
        let mut desk = Desk::with(POLL, &[SERVER], |config| config.while_switching = keep);
        desk.good_poll();
        desk.now += 5_000;
        desk.tell(Input::Context(Errand(1), user("fred")));
        let published = desk.published.len();
        // An Edge in trouble says nothing: what is held is not Fred's (D-60, D-62).
        desk.polled(empty);
        assert_eq!(desk.status().problem, Some(Problem::EmptyList), "{keep:?}");
        assert_eq!(desk.settled, [(Errand(1), Err(Problem::EmptyList))]);
        assert_eq!(desk.published.len(), published);
        // The same context again waits for its values, too.
        desk.now += 5_000;
        desk.tell(Input::Context(Errand(2), user("fred")));
        assert_eq!(desk.settled.len(), 1);
        // Nor is what a store has.
        let source = Source::Store("redis-store".into());
        let stored = LIST.replace('x', "a store's");
        desk.tell(Input::Stored { source, environment: "e".into(), features: stored.as_bytes() });
        assert_eq!(desk.published.len(), published);
        // A replica may be behind: its older version is still Fred's, what is held is not.
        desk.polled(older);
        assert_eq!(desk.value().as_deref(), Some("fred's"), "{keep:?}");
        assert_eq!(desk.settled.last(), Some(&(Errand(2), Ok(Readiness::Ready))));
    }
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.live();
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(1), user("fred")));
    desk.open();
    desk.event("features", "[]");
    assert_eq!(desk.status().problem, Some(Problem::EmptyList));
    assert_eq!(desk.status().readiness, Readiness::NotReady);
    assert_eq!(desk.published.len(), 1);
}

#[test]
fn kept_values_are_not_mixed_with_those_that_are_awaited() {
    let keep = WhileSwitching::KeepValues;
    let mut desk = Desk::with(Mode::Streaming, &[SERVER], |config| config.while_switching = keep);
    desk.live();
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(1), user("fred")));
    desk.open();
    // Before the list that it belongs to.
    desk.event("feature", &LIST[1..LIST.len() - 1].replace('x', "fred's"));
    assert_eq!(desk.value().as_deref(), Some("x"));
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(2), user("mary")));
    assert_eq!(desk.value().as_deref(), Some("x"));
    desk.live();
    assert_eq!(desk.status().readiness, Readiness::Ready);
}

#[test]
fn kept_values_do_not_end_the_asking() {
    let modes = [Mode::OneOff, Mode::PassivePolling(Duration::from_secs(300))];
    for mode in modes {
        let keep = WhileSwitching::KeepValues;
        let mut desk = Desk::with(mode, &[SERVER], |config| config.while_switching = keep);
        desk.good_poll();
        desk.now += 5_000;
        desk.tell(Input::Context(Errand(1), user("fred")));
        desk.answer(Head::new(503), "");
        assert_eq!(desk.status().connection, Connection::Waiting, "{mode:?}");
        desk.wait();
        desk.good_poll();
        assert_eq!(desk.status().problem, None);
    }
}

#[test]
fn etags_are_of_what_is_held() {
    // Polling stands in for streaming, then streaming is back, then it is not.
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.answer(Head::new(501), "");
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    desk.answer(json(200).header("etag", "\"1\""), &body);
    desk.now += 600_000;
    desk.tell(Input::Tick);
    desk.live();
    desk.event("feature", r#"{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}"#);
    desk.close();
    desk.come_back();
    desk.now += 5_000;
    desk.answer(Head::new(501), "");
    assert_eq!(desk.request().kind, RequestKind::Poll);
    assert_eq!(desk.header("if-none-match"), None);
    // What a store added is not what the Edge has.
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.answer(json(200).header("etag", "\"1\""), &body);
    let source = Source::Store("redis-store".into());
    let stored = br#"[{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}]"#;
    desk.tell(Input::Stored { source, environment: "e".into(), features: stored });
    desk.wait();
    assert_eq!(desk.header("if-none-match"), None);
    // An empty list may be the word of an Edge in trouble, under the etag of what it could not say.
    let mut desk = Desk::new(POLL, &[SERVER]);
    desk.answer(json(200).header("etag", "\"1\""), r#"[{"id":"e","features":[]}]"#);
    desk.wait();
    assert_eq!(desk.header("if-none-match"), None);
}

#[test]
fn delays_begin_anew_after_health_however_the_stream_ends() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    for _ in 0..5 {
        desk.answer(Head::new(503), "");
        desk.wait();
    }
    desk.live();
    desk.now += 61_000;
    desk.event("feature", "[");
    assert_eq!(desk.wait(), 1_000);
    desk.answer(Head::new(503), "");
    desk.wait();
    desk.live();
    desk.wait();
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Silence)));
    assert_eq!(desk.wait(), 1_000);
}

#[test]
fn the_last_stream_of_a_stale_environment() {
    let sse = |status| Head::new(status).header("content-type", "text/event-stream");
    for how in ["closed", "silent", "malformed"] {
        let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
        let ticket = desk.ticket();
        desk.tell(Input::Opened { ticket, head: &sse(236) });
        desk.event("features", LIST);
        match how {
            "closed" => desk.close(),
            "silent" => _ = desk.wait(),
            _ => desk.event("feature", "["),
        }
        assert_eq!(desk.status().connection, Connection::Halted, "{how}");
        assert!(desk.status().is_stale && desk.session.deadline().is_none(), "{how}");
    }
    // Without any features, asking goes on (D-71).
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    let ticket = desk.ticket();
    desk.tell(Input::Opened { ticket, head: &sse(236) });
    desk.close();
    assert_eq!(desk.status().problem, Some(Problem::ClosedEarly));
    assert_eq!(desk.wait(), 1_000);
}

#[test]
fn single_features_do_not_make_a_doubtful_list_good() {
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.live();
    desk.event("features", "[]");
    desk.event("feature", r#"{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}"#);
    assert_eq!(desk.status().problem, Some(Problem::EmptyList));
    desk.event("features", LIST);
    assert_eq!(desk.status().problem, None);
}

#[test]
fn an_edge_without_streams_is_polled() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.answer(Head::new(501), "");
    assert_eq!(desk.notices, [Notice::FellBackToPolling]);
    assert_eq!(desk.request().kind, RequestKind::Poll);
    desk.good_poll();
    assert_eq!(desk.status().problem, Some(Problem::NoStreaming));
    assert_eq!(desk.wait(), 180_000);
    desk.good_poll();
    desk.wait();
    desk.good_poll();
    desk.wait();
    desk.good_poll();
    assert_eq!(desk.wait(), 60_000);
    assert_eq!(desk.request().kind, RequestKind::Stream);
    desk.live();
    assert_eq!(desk.status().problem, None);

    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    for _ in 0..3 {
        assert_eq!(desk.request().kind, RequestKind::Stream);
        desk.answer(Head::new(200).header("content-type", "text/html"), "<html>");
        desk.wait();
    }
    assert_eq!(desk.request().kind, RequestKind::Poll);
}

#[test]
fn redirects_are_counted_and_stay_at_home() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    for hop in 0..5 {
        desk.answer(Head::new(307).header("location", format!("/hop{hop}")), "");
        if desk.sent.len() == hop + 1 {
            desk.wait();
        }
        assert_eq!(desk.request().url.expose(), format!("http://edge/hop{hop}"));
    }
    desk.answer(Head::new(307).header("location", "/hop6"), "");
    assert_eq!(desk.status().problem, Some(Problem::Redirect));
    desk.wait();
    assert_eq!(desk.request().url.expose(), "http://edge/features/e/k*");
    // Hops of a request that broke are not those of the next one.
    for _ in 0..3 {
        for _ in 0..3 {
            desk.answer(Head::new(307).header("location", "/hop"), "");
            if desk.session.deadline().unwrap().as_u64() - desk.now != 12_000 {
                desk.wait();
            }
            assert_eq!(desk.request().url.expose(), "http://edge/hop");
        }
        desk.close();
        assert_eq!(desk.status().problem, Some(Problem::Unreachable("no answer".into())));
        desk.wait();
    }
    let sent = desk.sent.len();
    desk.answer(Head::new(302).header("location", "http://evil/"), "");
    assert_eq!((desk.sent.len(), desk.status().problem.clone()), (sent, Some(Problem::Redirect)));
}

#[test]
fn passive_clients_ask_when_they_are_read() {
    let mut desk = Desk::new(Mode::PassivePolling(Duration::from_secs(300)), &[CLIENT]);
    desk.good_poll();
    desk.tell(Input::Touched);
    assert_eq!(desk.sent.len(), 1);
    assert_eq!((desk.wait(), desk.arms), (300_000, 1));
    assert_eq!(desk.session.deadline(), None);
    desk.tell(Input::Touched);
    desk.tell(Input::Touched);
    assert_eq!(desk.sent.len(), 2);
    desk.answer(Head::new(503), "");
    assert_eq!(desk.status().readiness, Readiness::Ready);
    desk.tell(Input::Touched);
    assert_eq!(desk.sent.len(), 2);
    assert_eq!((desk.wait(), desk.arms), (300_000, 2));
    desk.tell(Input::Touched);
    assert_eq!(desk.sent.len(), 3);
}

#[test]
fn one_off_and_offline() {
    let mut desk = Desk::new(Mode::OneOff, &[CLIENT]);
    desk.answer(Head::new(503), "");
    assert_eq!(desk.wait(), 1_000);
    desk.good_poll();
    assert_eq!(desk.status().connection, Connection::Done);
    assert_eq!(desk.session.deadline(), None);
    desk.now += 5_000;
    desk.tell(Input::Refresh(Errand(1)));
    desk.answer(Head::new(503), "");
    assert_eq!(desk.status().connection, Connection::Done);
    assert_eq!(desk.settled, [(Errand(1), Err(Problem::ServerError(503)))]);

    let mut desk = Desk::new(Mode::Offline, &[CLIENT]);
    desk.tell(Input::Refresh(Errand(1)));
    assert!(desk.sent.is_empty());
    assert_eq!(desk.settled, [(Errand(1), Ok(Readiness::NotReady))]);
    let environment: Arc<str> = "e".into();
    let source = Source::Store("local-yaml-store".into());
    desk.tell(Input::Stored { source, environment, features: LIST.as_bytes() });
    assert_eq!(desk.status().readiness, Readiness::Ready);
}

#[test]
fn two_refreshes_share_one_request() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.tell(Input::Refresh(Errand(1)));
    desk.tell(Input::Refresh(Errand(2)));
    assert_eq!(desk.sent.len(), 1);
    desk.good_poll();
    assert_eq!(desk.settled.len(), 2);
}

#[test]
fn malformed_parts() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    for (name, data) in [
        ("features", "[{"),
        ("features", r#"{"id":"e"}"#),
        ("feature", "[{"),
        ("feature", "[]"),
        ("feature", r#"{"id":"no key"}"#),
        ("delete_feature", "7"),
    ] {
        desk.live();
        desk.event(name, data);
        assert!(
            matches!(desk.status().problem, Some(Problem::Malformed(_))),
            "{name} {data} {:?}",
            desk.status()
        );
        assert_eq!(desk.status().readiness, Readiness::Ready);
        desk.wait();
    }
    let mut desk = Desk::new(POLL, &[CLIENT]);
    for body in ["[{", "{}", "", "<html>", "[7]"] {
        desk.polled(body);
        assert!(matches!(desk.status().problem, Some(Problem::Malformed(_))), "{body}");
        desk.wait();
    }
    desk.polled("[]");
    assert_eq!(desk.status().readiness, Readiness::Failed);
    assert_eq!(desk.status().problem, Some(Problem::NoEnvironments));
    desk.wait();
    desk.good_poll();
    desk.wait();
    desk.polled("[]");
    assert_eq!(desk.status().readiness, Readiness::Ready);
    assert_eq!(desk.value().as_deref(), Some("x"));
}

#[test]
fn too_much() {
    let limited = |mode| Desk::with(mode, &[CLIENT], |config| config.limits.bytes = 1_000);
    let mut desk = limited(POLL);
    let ticket = desk.ticket();
    desk.tell(Input::Opened { ticket, head: &json(200) });
    desk.tell(Input::Bytes { ticket, bytes: &[b' '; 600] });
    desk.tell(Input::Bytes { ticket, bytes: &[b' '; 600] });
    assert_eq!(desk.status().problem, Some(Problem::TooLarge(1_000)));
    assert_eq!(desk.aborted, [ticket]);
    let mut desk = limited(Mode::Streaming);
    desk.live();
    let ticket = desk.ticket();
    desk.tell(Input::Bytes { ticket, bytes: &[b'x'; 2_000] });
    assert_eq!(desk.status().problem, Some(Problem::TooLarge(1_000)));
    assert_eq!(desk.aborted, [ticket]);
}

#[test]
fn empty_lists_of_an_edge_in_trouble() {
    // One client-evaluated key: gone is gone.
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.good_poll();
    desk.wait();
    desk.polled(r#"[{"id":"e","features":[]}]"#);
    assert_eq!(desk.value(), None);
    // Otherwise it is doubtful.
    for keys in [&[SERVER][..], &["e/k*", "f/k*"]] {
        let mut desk = Desk::new(POLL, keys);
        desk.good_poll();
        desk.wait();
        desk.polled(r#"[{"id":"e","features":[]}]"#);
        assert_eq!(desk.value().as_deref(), Some("x"));
        assert_eq!(desk.status().problem, Some(Problem::EmptyList));
    }
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.live();
    desk.event("features", "[]");
    assert_eq!(desk.value().as_deref(), Some("x"));
    // No features at all is a fine state.
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.polled(r#"[{"id":"e"}]"#);
    assert_eq!(desk.status().readiness, Readiness::Ready);
}

#[test]
fn several_keys_send_no_etag() {
    let mut desk = Desk::new(POLL, &["e/k*", "f/k*"]);
    desk.answer(json(200).header("etag", "\"1;2\""), r#"[{"id":"e","features":[]}]"#);
    desk.wait();
    assert_eq!(desk.header("if-none-match"), None);
}

#[test]
fn other_keys() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    desk.now += 5_000;
    // Another key of the same environment: nothing is lost.
    desk.tell(Input::Keys(Errand(1), ApiKeys::parse(["e/new*"]).unwrap()));
    assert_eq!(desk.status().readiness, Readiness::Ready);
    assert_eq!(desk.request().url.expose(), "http://edge/features/e/new*");
    desk.live();
    desk.now += 5_000;
    // Another environment: its features are not these.
    desk.tell(Input::Keys(Errand(2), ApiKeys::parse(["f/new*"]).unwrap()));
    assert_eq!(desk.status().readiness, Readiness::NotReady);
    assert_eq!(desk.value(), None);
    desk.answer(Head::new(404), "");
    assert_eq!(desk.status().readiness, Readiness::Failed);
}

#[test]
fn closing() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.tell(Input::Refresh(Errand(1)));
    let ticket = desk.ticket();
    desk.tell(Input::Stop);
    desk.tell(Input::Stop);
    assert_eq!(desk.aborted, [ticket]);
    assert_eq!(desk.settled, [(Errand(1), Err(Problem::Closed))]);
    assert_eq!(desk.status().readiness, Readiness::Closed);
    desk.tell(Input::Refresh(Errand(2)));
    desk.tell(Input::Keys(Errand(3), ApiKeys::parse(["f/new*"]).unwrap()));
    desk.tell(Input::Context(Errand(4), user("a")));
    assert_eq!((desk.settled.len(), desk.sent.len()), (4, 1));
    let source = Source::Store("redis-store".into());
    desk.tell(Input::Stored { source, environment: "e".into(), features: LIST.as_bytes() });
    assert!(desk.published.is_empty() && desk.notices.is_empty());
}

#[test]
fn a_clock_that_goes_back_is_not_followed() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.now = 1_000_000;
    desk.live();
    desk.now = 0;
    desk.event("ack", "1");
    assert!(desk.session.deadline().unwrap() >= Millis::new(1_000_000));
}

#[test]
fn a_redirected_poll_stays_a_poll() {
    // The redirect waits for the pace, and meanwhile it has become time to try a stream again.
    let mut desk = Desk::with(Mode::Streaming, &[CLIENT], |config| {
        config.stream_again_after = Duration::from_millis(500);
    });
    desk.answer(Head::new(501), "");
    desk.answer(Head::new(307).header("location", "/poll"), "");
    desk.wait();
    assert_eq!(desk.request().url.expose(), "http://edge/poll");
    assert_eq!(desk.request().kind, RequestKind::Poll);
}

#[test]
fn a_failing_poll_does_not_put_off_the_next_stream() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.answer(Head::new(501), "");
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    desk.answer(json(200).header("cache-control", "max-age=400"), &body);
    assert_eq!(desk.wait(), 400_000);
    desk.answer(Head::new(503), "");
    assert_eq!(desk.wait(), 200_000);
    assert_eq!(desk.request().kind, RequestKind::Stream);
}

#[test]
fn a_context_before_the_start_waits_for_it() {
    let edge = EdgeUrl::parse("http://edge").unwrap();
    let mut session = Session::new(Config::new(edge, ApiKeys::parse([SERVER]).unwrap()), 1);
    session.handle(Millis::new(0), Input::Context(Errand(1), Arc::default()));
    assert!(session.poll().is_none() && session.deadline().is_none());
    session.handle(Millis::new(0), Input::Start);
    assert!(matches!(session.poll(), Some(Action::Send(..))));
}

/// Who waited for something looks at once, and must not see the state of before.
#[test]
fn features_and_status_are_out_before_those_who_wait_are_told() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.tell(Input::Refresh(Errand(1)));
    desk.open();
    let ticket = desk.ticket();
    let bytes = format!("event: features\ndata: {LIST}\n\n");
    desk.session.handle(Millis::new(1), Input::Bytes { ticket, bytes: bytes.as_bytes() });
    let actions: Vec<Action> = std::iter::from_fn(|| desk.session.poll()).collect();
    assert!(actions.iter().any(|action| matches!(action, Action::Publish(_))));
    assert!(matches!(
        actions.as_slice(),
        [.., Action::Status(status), Action::Settled(Errand(1), Ok(Readiness::Ready))]
            if status.readiness == Readiness::Ready
    ));
}

#[test]
fn environments_that_no_key_opens_are_passed_over() {
    let stranger =
        r#"{"id":"x","features":[{"id":"y","key":"Y","version":1,"type":"STRING","value":"y"}]}"#;
    for keys in [&[CLIENT][..], &["e/k*", "f/k*"]] {
        let mut desk = Desk::new(POLL, keys);
        desk.polled(&format!(r#"[{{"id":"E","features":{LIST}}},{stranger}]"#));
        assert_eq!(desk.value().as_deref(), Some("x"));
        assert_eq!(desk.published.last().unwrap().rules.ruleset().len(), 1, "{keys:?}");
        assert!(matches!(desk.notices.as_slice(), [Notice::Ignored { .. }]));
        desk.wait();
        // Nothing but strangers is no answer.
        desk.polled(&format!("[{stranger},{}]", stranger.replace('x', "z")));
        assert_eq!(desk.status().problem, Some(Problem::NoEnvironments));
        assert_eq!(desk.value().as_deref(), Some("x"));
    }
}
