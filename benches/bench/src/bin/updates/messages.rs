//! Measures messages of many small parts: time and memory of a client from the bytes of a message to its publication.

use std::hint::black_box;
use std::time::{Duration, Instant};

use fh_eval::{Attributes, Subject, Timestamp};
use fh_repository::publication::Publication;
use fh_repository::source::Source;
use fh_repository::time::Millis;
use fh_session::featbit;
use fh_session::featuresignals;
use fh_session::{Action, ApiKeys, Config, EdgeUrl, End, Input, Mode, RequestId, ResponseHead};
use fh_test::memory::during;

use crate::lists;

/// The number of runs of a message. The fastest one counts.
const RUNS: usize = 3;

/// A client of one system.
#[allow(clippy::large_enum_variant, reason = "a run has one client")]
enum Client {
    FeatureHub(fh_session::Session),
    FeatBit(featbit::Session),
    FeatureSignals(featuresignals::Session),
}

/// The way in which a client gets a message.
#[derive(Clone, Copy)]
enum Door {
    /// The body of a poll of FeatureHub.
    Poll,
    /// A text on a socket of FeatBit.
    Socket,
    /// The body of a poll of FeatureSignals.
    Map,
    /// A ruleset of FeatureSignals, which a program gives.
    Ruleset,
}

const KEY: &str = "ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg";
const MINUTE: Duration = Duration::from_secs(60);

impl Client {
    fn tell(&mut self, input: Input<'_>) {
        match self {
            Self::FeatureHub(session) => session.handle(Millis::new(0), input),
            Self::FeatBit(session) => {
                session.handle(Millis::new(0), Timestamp::from_millis(0), input);
            }
            Self::FeatureSignals(session) => session.handle(Millis::new(0), input),
        }
    }

    fn poll(&mut self) -> Option<Action> {
        match self {
            Self::FeatureHub(session) => session.poll(),
            Self::FeatBit(session) => session.poll(),
            Self::FeatureSignals(session) => session.poll(),
        }
    }
}

impl Door {
    fn client(self) -> Client {
        const BYTES: usize = 256 << 20;
        match self {
            Self::Poll => {
                let edge = EdgeUrl::parse("http://edge").expect("a URL");
                let mut config = Config::new(edge, ApiKeys::parse(["e/k*"]).expect("a key"));
                config.mode = Mode::Polling(MINUTE);
                config.limits.bytes = BYTES;
                Client::FeatureHub(fh_session::Session::new(config, 7))
            }
            Self::Socket => {
                let endpoints =
                    featbit::Endpoints::parse(Some("ws://socket"), Some("http://poll"), None)
                        .expect("URLs");
                let secret = featbit::Secret::parse(KEY).expect("a secret");
                let mut config = featbit::Config::new(endpoints, secret);
                config.limits.bytes = BYTES;
                Client::FeatBit(featbit::Session::new(config, 7))
            }
            Self::Map | Self::Ruleset => {
                let endpoint = featuresignals::Endpoint::parse("http://server", "production")
                    .expect("an endpoint");
                let key = featuresignals::Key::parse("fs_srv_0123456789").expect("a key");
                let mut config = featuresignals::Config::new(endpoint, key);
                config.mode = match self {
                    Self::Map => featuresignals::Mode::Polling(MINUTE),
                    _ => featuresignals::Mode::Local,
                };
                config.limits.bytes = BYTES;
                Client::FeatureSignals(featuresignals::Session::new(config, 7))
            }
        }
    }
}

/// A client with its last request and its last publication.
struct Driver {
    client: Client,
    request_id: Option<RequestId>,
    last: Option<Publication>,
}

impl Driver {
    fn new(door: Door) -> Self {
        let mut driver = Self { client: door.client(), request_id: None, last: None };
        driver.tell(Input::Start);
        if matches!(door, Door::Socket) {
            driver.opened(101);
        }
        driver
    }

    fn tell(&mut self, input: Input<'_>) {
        self.client.tell(input);
        while let Some(action) = self.client.poll() {
            match action {
                Action::Send(id, _) | Action::Connect(id, _) => self.request_id = Some(id),
                Action::Publish(publication) => self.last = Some(publication),
                _ => {}
            }
        }
    }

    fn request_id(&self) -> RequestId {
        self.request_id.expect("a request")
    }

    fn opened(&mut self, status: u16) {
        let head = ResponseHead::new(status).header("content-type", "application/json");
        self.tell(Input::Opened { request_id: self.request_id(), head: &head });
    }

    /// Passes a message in, as pieces of a connection that reads 64 KiB at a time.
    fn pass(&mut self, door: Door, message: &str) {
        match door {
            Door::Poll | Door::Map => {
                self.opened(200);
                for bytes in message.as_bytes().chunks(64 * 1024) {
                    self.tell(Input::Bytes { request_id: self.request_id(), bytes });
                }
                self.tell(Input::Closed { request_id: self.request_id(), end: End::Complete });
            }
            Door::Socket => {
                let request_id = self.request_id();
                self.tell(Input::Text { request_id, text: message.into() });
            }
            Door::Ruleset => {
                let environment = "production".into();
                let features = message.as_bytes();
                self.tell(Input::Stored { source: Source::Snapshot, environment, features });
            }
        }
    }

    /// Prints the least time of an evaluation of all features, for each feature.
    fn print_evaluations(&self) {
        let Some(last) = &self.last else { return };
        let ruleset = last.rules.ruleset();
        let evaluate = |number: u32| {
            let texts = ["country", "team", "plan", "userkey"]
                .map(|name| (name, format!("{name}-{}", number * 7)));
            let mut context = Attributes::builder();
            for (name, text) in &texts {
                context = context.attribute(name, text.as_str());
            }
            let context = context.build();
            let begin = Instant::now();
            ruleset.evaluate_all(
                &Subject::new(&context, Timestamp::from_millis(0)),
                |_, answer| {
                    black_box(answer.is_enabled());
                },
            );
            begin.elapsed().as_nanos() / ruleset.len() as u128
        };
        println!(
            "evaluation of all features: {} ns for each",
            (0..40).map(evaluate).min().unwrap_or(0)
        );
    }

    /// Returns the number of features, and the size of their JSON with that of the segments.
    fn served(&self) -> (usize, usize) {
        let Some(last) = &self.last else { return (0, 0) };
        let ruleset = last.rules.ruleset();
        (ruleset.len(), fh_eval::featbit::full_message(ruleset).len())
    }
}

/// Returns a message with these elements in place of `%`. In an element, `@` is its number.
fn message(around: &str, element: &str, count: usize) -> String {
    let elements: Vec<String> =
        (0..count).map(|number| element.replace('@', &number.to_string())).collect();
    around.replace('%', &elements.join(","))
}

const FEATBIT_FLAGS: &str =
    r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[%],"segments":[]}}"#;
const FEATBIT_RULES: &str = r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"rules":[%]}],"segments":[]}}"#;
const FEATBIT_USERS: &str = r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[{"id":"a","updatedAt":"2026-01-01T00:00:00Z","included":[%]}]}}"#;
const FEATURES: &str = r#"[{"id":"e","features":[%]}]"#;

/// The messages: a name, the way in, the text around the elements, an element, and the number of elements.
type Case = (&'static str, Door, &'static str, &'static str, usize);

const CASES: &[Case] = &[
    ("FeatureHub, 16 MiB of ones", Door::Poll, FEATURES, "1", 8 << 20),
    ("FeatureHub, short texts", Door::Poll, FEATURES, r#""abcdefg""#, 1_600_000),
    (
        "FeatureHub, features of a key",
        Door::Poll,
        FEATURES,
        r#"{"key":"feature-@-of-many"}"#,
        500_000,
    ),
    (
        "FeatureHub, 100,000 features",
        Door::Poll,
        FEATURES,
        r#"{"id":"@-0000-4000-8000-000000000000","key":"FLAG_@","type":"BOOLEAN","version":1,"l":false,"value":false}"#,
        100_000,
    ),
    (
        "FeatureHub, 10,000 rules of one feature",
        Door::Poll,
        r#"[{"id":"e","features":[{"id":"f","key":"F","type":"BOOLEAN","version":1,"value":false,"strategies":[%]}]}]"#,
        r#"{"id":"s@","value":true,"attributes":[{"fieldName":"country","type":"STRING","conditional":"EQUALS","values":["c@"]}]}"#,
        10_000,
    ),
    (
        "FeatureHub, 1,000,000 values of one list",
        Door::Poll,
        r#"[{"id":"e","features":[{"id":"f","key":"F","type":"BOOLEAN","version":1,"value":false,"strategies":[{"id":"s","value":true,"attributes":[{"fieldName":"userkey","type":"STRING","conditional":"EQUALS","values":[%]}]}]}]}]"#,
        r#""user-@""#,
        1_000_000,
    ),
    ("FeatBit, 63 MiB of ones", Door::Socket, FEATBIT_FLAGS, "1", 63 << 19),
    ("FeatBit, short texts", Door::Socket, FEATBIT_FLAGS, r#""abcdefg""#, 1_600_000),
    (
        "FeatBit, 100,000 flags",
        Door::Socket,
        FEATBIT_FLAGS,
        r#"{"id":"@-0000-4000-8000-000000000000","key":"flag-@","updatedAt":"2026-01-01T00:00:00Z","variationType":"boolean","isEnabled":false,"disabledVariationId":"off","variations":[{"id":"on","value":"true"},{"id":"off","value":"false"}],"targetUsers":[],"rules":[],"fallthrough":{"variations":[{"id":"on","rollout":[0,1]}]}}"#,
        100_000,
    ),
    (
        "FeatBit, 10,000 rules of one flag",
        Door::Socket,
        FEATBIT_RULES,
        r#"{"name":"@","conditions":[{"property":"country","op":"Equal","value":"nz"}],"variations":[{"id":"x","rollout":[0,1]}]}"#,
        10_000,
    ),
    ("FeatBit, segment of 1,000,000 users", Door::Socket, FEATBIT_USERS, r#""user-@""#, 1_000_000),
    ("FeatureSignals, 16 MiB of ones", Door::Map, "{%}", r#""":1"#, 16 * 1024 * 1024 / 5),
    (
        "FeatureSignals, 100,000 flags",
        Door::Ruleset,
        r#"{"flags":{%},"states":{}}"#,
        r#""flag-@":{"id":"@","flag_type":"boolean","default_value":false}"#,
        100_000,
    ),
    (
        "FeatureSignals, 10,000 rules of one flag",
        Door::Ruleset,
        r#"{"flags":{"a":{"default_value":false}},"states":{"a":{"enabled":true,"rules":[%]}}}"#,
        r#"{"id":"@","priority":@,"conditions":[{"attribute":"country","operator":"in","values":["nz"]}],"percentage":100,"value":true}"#,
        10_000,
    ),
    (
        "FeatureSignals, 1,000,000 values of one list",
        Door::Ruleset,
        r#"{"flags":{"a":{"default_value":false}},"states":{"a":{"enabled":true,"rules":[{"conditions":[{"attribute":"key","operator":"in","values":[%]}],"percentage":10000,"value":true}]}}}"#,
        r#""user-@""#,
        1_000_000,
    ),
];

/// Prints time and memory of each message whose name has this text.
pub fn print(only: &str) {
    let cases = CASES.iter().map(|(name, door, around, element, count)| {
        let make = move || message(around, element, *count);
        (*name, *door, Box::new(make) as Box<dyn Fn() -> String>)
    });
    let lists = (lists::NAME, Door::Poll, Box::new(lists::payload) as _);
    println!(
        "| message | MiB | s | s a MiB | peak, MB | of at most | stay, MB | of at most | features |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (name, door, make) in cases.chain([lists]) {
        if !name.contains(only) {
            continue;
        }
        let message = make();
        let mib = message.len() as f64 / f64::from(1 << 20);
        let mut fastest = f64::MAX;
        for run in 0..RUNS {
            let mut driver = Driver::new(door);
            let begin = Instant::now();
            let ((), memory) = during(|| driver.pass(door, &message));
            fastest = fastest.min(begin.elapsed().as_secs_f64());
            if run + 1 < RUNS {
                continue;
            }
            let (features, served) = driver.served();
            let mb = |bytes: usize| bytes as f64 / 1e6;
            println!(
                "| {name} | {mib:.1} | {fastest:.3} | {:.3} | {:.1} | {:.1} | {:.1} | {:.1} | {features} |",
                fastest / mib,
                mb(memory.peak),
                mb(8 * message.len() + 32_000_000),
                mb(memory.held),
                mb(3 * served + 4_000_000),
            );
            if name == lists::NAME {
                driver.print_evaluations();
            }
        }
    }
}
