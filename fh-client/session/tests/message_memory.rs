//! Memory of messages of many small parts, counted at the allocator: at the peak at most 8 times the message and 32 MB, afterwards at most
//! 3 times the served features and 4 MB. The variable `FH_MESSAGE_KIB` sets the size of the messages, and with `--nocapture` the worst ratio
//! of each system is printed.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::publication::Publication;
use fh_repository::source::Source;
use fh_repository::time::Millis;
use fh_session::{
    Action, ApiKeys, CommandId, Config, EdgeUrl, End, Input, Mode, RequestId, ResponseHead,
};
use fh_test_memory::{Counting, thread};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ELEMENTS: [&str; 5] = ["1", "{}", "[]", "\"\"", "null"];

/// A client of one system, which gets messages.
trait Client {
    fn tell(&mut self, input: Input<'_>) -> Vec<Action>;
}

/// A client, its last request and its last publication.
struct Driver<C> {
    client: C,
    request_id: Option<RequestId>,
    last: Option<Publication>,
}

impl<C: Client> Driver<C> {
    fn new(client: C) -> Self {
        let mut driver = Self { client, request_id: None, last: None };
        driver.tell(Input::Start);
        driver
    }

    fn tell(&mut self, input: Input<'_>) {
        for action in self.client.tell(input) {
            match action {
                Action::Send(id, _) | Action::Connect(id, _) => self.request_id = Some(id),
                Action::Publish(publication) => self.last = Some(publication),
                _ => {}
            }
        }
    }

    fn open(&mut self, status: u16, kind: &str) {
        let head = ResponseHead::new(status).header("content-type", kind);
        self.tell(Input::Opened { request_id: self.request_id.unwrap(), head: &head });
    }

    fn bytes(&mut self, bytes: &[u8]) {
        // As pieces of a socket that reads 64 KiB at a time.
        let request_id = self.request_id.unwrap();
        for bytes in bytes.chunks(64 * 1024) {
            self.tell(Input::Bytes { request_id, bytes });
        }
    }

    fn event(&mut self, name: &str, data: &str) {
        self.bytes(format!("event: {name}\ndata: ").as_bytes());
        self.bytes(data.as_bytes());
        self.bytes(b"\n\n");
    }

    fn answer(&mut self, body: &str) {
        self.open(200, "application/json");
        self.bytes(body.as_bytes());
        self.tell(Input::Closed { request_id: self.request_id.unwrap(), end: End::Complete });
    }

    fn served(&self) -> usize {
        let Some(last) = &self.last else { return 0 };
        let ruleset = last.rules.ruleset();
        #[cfg(feature = "featbit")]
        return fh_eval::featbit::full_message(ruleset).len();
        #[cfg(not(feature = "featbit"))]
        ruleset.iter().map(|each| each.json().len()).sum()
    }
}

/// A way in which a client gets a message.
struct Door<C> {
    name: &'static str,
    /// The message around a list; `%` is the list's place.
    texts: &'static [&'static str],
    /// Prepares a client.
    prepare: fn() -> Driver<C>,
    /// Passes the message in.
    pass: fn(&mut Driver<C>, &str),
}

/// Returns a list of elements, or the members of an object with such values, of about this size. What follows the place is the end.
fn filled(text: &str, element: &str, size: usize) -> String {
    let (element, place) = match text.contains("%:") {
        true => (format!("\"\":{element}"), "%:"),
        false => (element.to_string(), "%"),
    };
    let count = size / (element.len() + 1);
    let list = vec![element; count].join(",");
    text.replace(place, &list)
}

fn check<C: Client>(system: &str, doors: &[Door<C>]) {
    let kib: usize = std::env::var("FH_MESSAGE_KIB").map_or(512, |kib| kib.parse().unwrap());
    let only = std::env::var("FH_MESSAGE_ONLY").unwrap_or_default();
    let mut worst = (0.0, String::new());
    let mut failed = Vec::new();
    for door in doors {
        for text in door.texts {
            for element in ELEMENTS {
                let what = format!("{system}, {}, {text} of {element}", door.name);
                if !what.contains(&only) {
                    continue;
                }
                let message = filled(text, element, kib << 10);
                let mut driver = (door.prepare)();
                let begin = thread::begin();
                let start = std::time::Instant::now();
                (door.pass)(&mut driver, &message);
                let seconds = start.elapsed().as_secs_f64();
                let taken = |bytes: isize| usize::try_from(bytes - begin).unwrap_or(0);
                let (peak, held) = (taken(thread::peak()), taken(thread::held()));
                let ratio = peak as f64 / message.len() as f64;
                println!(
                    "{ratio:6.1} {:8.1} MB, {:6.1} MB stay of {:5.1} served, {seconds:.2} s: {what}",
                    peak as f64 / 1e6,
                    held as f64 / 1e6,
                    driver.served() as f64 / 1e6
                );
                if ratio > worst.0 {
                    worst = (ratio, what.clone());
                }
                let most = 8 * message.len() + 32_000_000;
                let most_held = 3 * driver.served() + 4_000_000;
                if peak > most || held > most_held {
                    failed.push(format!("{what}: {peak} of {most}, {held} of {most_held}"));
                }
            }
        }
    }
    println!("{system}: worst ratio {:.1}, {}", worst.0, worst.1);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

mod featurehub {
    use super::*;

    impl Client for fh_session::Session {
        fn tell(&mut self, input: Input<'_>) -> Vec<Action> {
            self.handle(Millis::new(0), input);
            std::iter::from_fn(|| self.poll()).collect()
        }
    }

    type Session = fh_session::Session;

    fn client(mode: Mode, key: &str) -> Driver<Session> {
        let edge = EdgeUrl::parse("http://edge").unwrap();
        let mut config = Config::new(edge, ApiKeys::parse([key]).unwrap());
        config.mode = mode;
        config.limits.bytes = 256 << 20;
        Driver::new(Session::new(config, 7))
    }

    fn polling() -> Driver<Session> {
        client(Mode::Polling(std::time::Duration::from_secs(180)), "e/k*")
    }

    fn streaming() -> Driver<Session> {
        let mut driver = client(Mode::Streaming, "e/k*");
        driver.open(200, "text/event-stream");
        driver
    }

    const ONE: &str = r#"[{"id":"a","key":"A","version":1,"type":"STRING","value":"x"}]"#;

    const LISTS: &[&str] = &[
        "[%]",
        r#"[{"key":"A"},%]"#,
        r#"[{"key":"A","strategies":[%]}]"#,
        r#"[{"key":"A","type":"BOOLEAN","id":"a","strategies":[{"percentageAttributes":[%],"value":true}]}]"#,
        r#"[{"key":"A","type":"BOOLEAN","strategies":[{"attributes":[%],"value":true}]}]"#,
        r#"[{"key":"A","type":"BOOLEAN","strategies":[{"attributes":[{"conditional":"EQUALS","fieldName":"x","type":"STRING","values":[%]}],"value":true}]}]"#,
        r#"[{"key":"A","type":"BOOLEAN","strategies":[{"attributes":[{"conditional":"EQUALS","fieldName":"x","type":"NUMBER","values":[%]}],"value":true}]}]"#,
        r#"[{"key":"A","type":"JSON","value":[%]}]"#,
        r#"[{"key":"A","fp":{%:}}]"#,
    ];

    #[test]
    fn messages_of_featurehub() {
        check(
            "FeatureHub",
            &[
                Door {
                    name: "poll",
                    texts: &[
                        "[%]",
                        r#"[{"id":"e","features":[{"key":"A"}]},%]"#,
                        r#"[{"id":"e","features":[%]}]"#,
                        r#"[{"id":"e","features":[{"key":"A"},%]}]"#,
                    ],
                    prepare: polling,
                    pass: |driver, body| driver.answer(body),
                },
                Door {
                    name: "first list",
                    texts: LISTS,
                    prepare: streaming,
                    pass: |driver, list| driver.event("features", list),
                },
                Door {
                    name: "update",
                    texts: &["[%]", r#"[{"key":"B"},%,{"key":"C"}]"#],
                    prepare: || {
                        let mut driver = streaming();
                        driver.event("features", ONE);
                        driver
                    },
                    pass: |driver, list| {
                        driver.event("features", list);
                        driver.event("features", list);
                    },
                },
                Door {
                    name: "patch",
                    texts: &[
                        r#"{"key":"A","version":2,"strategies":[%]}"#,
                        r#"{"key":"A","version":2,"type":"JSON","value":[%]}"#,
                    ],
                    prepare: || {
                        let mut driver = streaming();
                        driver.event("features", ONE);
                        driver
                    },
                    pass: |driver, feature| driver.event("feature", feature),
                },
                Door {
                    name: "context",
                    texts: &[r#"[{"id":"e","features":[{"key":"A"},%]}]"#],
                    prepare: || {
                        let mut driver =
                            client(Mode::Polling(std::time::Duration::from_secs(180)), "e/k");
                        driver.answer(&format!(r#"[{{"id":"e","features":{ONE}}}]"#));
                        let bob = Arc::new(Attributes::builder().user_key("bob").build());
                        driver.tell(Input::Context(CommandId(1), bob));
                        driver
                    },
                    pass: |driver, body| driver.answer(body),
                },
                Door {
                    name: "bootstrap",
                    texts: &["[%]", r#"[{"key":"A"},%]"#],
                    prepare: || client(Mode::Offline, "e/k*"),
                    pass: |driver, list| {
                        driver.tell(Input::Stored {
                            source: Source::Snapshot,
                            environment: "e".into(),
                            features: list.as_bytes(),
                        });
                    },
                },
                Door {
                    name: "stored feature",
                    texts: &[r#"{"key":"A","strategies":[%]}"#],
                    prepare: || client(Mode::Offline, "e/k*"),
                    pass: |driver, feature| {
                        driver.tell(Input::StoredFeature {
                            source: Source::Snapshot,
                            environment: "e".into(),
                            feature: feature.as_bytes(),
                        });
                    },
                },
            ],
        );
    }
}

#[cfg(feature = "featbit")]
mod featbit {
    use fh_eval::Timestamp;
    use fh_session::featbit::{Config, Endpoints, Mode, Secret, Session};

    use super::*;

    impl Client for Session {
        fn tell(&mut self, input: Input<'_>) -> Vec<Action> {
            self.handle(Millis::new(0), Timestamp::from_millis(1_700_000_000_000), input);
            std::iter::from_fn(|| self.poll()).collect()
        }
    }

    fn client(mode: Mode) -> Driver<Session> {
        let endpoints = Endpoints::parse(Some("ws://socket"), Some("http://poll"), None).unwrap();
        let secret = Secret::parse("ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg").unwrap();
        let mut config = Config::new(endpoints, secret);
        config.mode = mode;
        config.limits.bytes = 256 << 20;
        Driver::new(Session::new(config, 7))
    }

    fn socket() -> Driver<Session> {
        let mut driver = client(Mode::Streaming);
        driver.open(101, "");
        driver
    }

    fn text(driver: &mut Driver<Session>, message: &str) {
        let request_id = driver.request_id.unwrap();
        driver.tell(Input::Text { request_id, text: message.into() });
    }

    const FLAGS: &[&str] = &[
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[%],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":false},%],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","segments":[%],"featureFlags":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"variations":[%]}],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"targetUsers":[%]}],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"targetUsers":[{"keyIds":[%]}]}],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"rules":[%]}],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"rules":[{"conditions":[%]}]}],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"rules":[{"variations":[%]}]}],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"rules":[{"variations":[{"id":"x","rollout":[%]}]}]}],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,%:}],"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","segments":[{"id":"a","updatedAt":"2026-01-01T00:00:00Z","included":[%]}],"featureFlags":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","segments":[{"id":"a","updatedAt":"2026-01-01T00:00:00Z","rules":[%]}],"featureFlags":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","segments":[{"id":"a","updatedAt":"2026-01-01T00:00:00Z","rules":[{"conditions":[%]}]}],"featureFlags":[]}}"#,
    ];

    const PATCH: &[&str] = &[
        r#"{"messageType":"data-sync","data":{"eventType":"patch","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":false},%]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"patch","segments":[%]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"patch","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"rules":[%]}]}}"#,
    ];

    const EMPTY: &str = r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}"#;

    /// Large lists are read. `%` in the text of an element is its number.
    #[test]
    fn large_lists_of_featbit_load() {
        let flags = r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[FLAG,%],"segments":[]}}"#;
        let rule = r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"rules":[%]}],"segments":[]}}"#;
        let segment = r#"{"messageType":"data-sync","data":{"eventType":"full","segments":[{"id":"a","updatedAt":"2026-01-01T00:00:00Z","included":[%]}],"featureFlags":[]}}"#;
        let flag = r#"{"key":"@","updatedAt":"2026-01-01T00:00:00Z","isEnabled":false,"disabledVariationId":"off","variations":[{"id":"off","value":"false"}]}"#;
        let condition = r#"{"name":"@","conditions":[{"property":"country","op":"Equal","value":"nz"}],"variations":[{"id":"x","rollout":[0,1]}]}"#;
        let flags = flags.replace("FLAG,", "");
        for (around, element, count) in [
            (&*flags, flag, 100_000),
            (rule, condition, 10_000),
            (segment, "\"user-@\"", 1_000_000),
        ] {
            let elements: Vec<String> =
                (0..count).map(|number| element.replace('@', &number.to_string())).collect();
            let message = around.replace('%', &elements.join(","));
            let mut driver = socket();
            let begin = thread::begin();
            text(&mut driver, &message);
            let (peak, held) = (thread::peak() - begin, thread::held() - begin);
            let ratio = peak as f64 / message.len() as f64;
            println!("{ratio:.1}, {} MB stay: {count} of {element}", held / 1_000_000);
            assert!(driver.served() >= message.len() - 1_000, "{element}");
            assert!(peak.unsigned_abs() <= 8 * message.len() + 32_000_000, "{element}: {peak}");
        }
    }

    #[test]
    fn messages_of_featbit() {
        check(
            "FeatBit",
            &[
                Door { name: "full", texts: FLAGS, prepare: socket, pass: text },
                Door {
                    name: "patch",
                    texts: PATCH,
                    prepare: || {
                        let mut driver = socket();
                        text(&mut driver, EMPTY);
                        driver
                    },
                    pass: text,
                },
                Door {
                    name: "poll",
                    texts: &FLAGS[..2],
                    prepare: || client(Mode::Polling(std::time::Duration::from_secs(60))),
                    pass: |driver, body| driver.answer(body),
                },
                Door {
                    name: "bootstrap",
                    texts: &FLAGS[..2],
                    prepare: || client(Mode::Offline),
                    pass: |driver, message| {
                        driver.tell(Input::Stored {
                            source: Source::Snapshot,
                            environment: "e".into(),
                            features: message.as_bytes(),
                        });
                    },
                },
            ],
        );
    }
}

#[cfg(feature = "featuresignals")]
mod featuresignals {
    use fh_session::featuresignals::{Config, Endpoint, Key, Mode, Session};

    use super::*;

    impl Client for Session {
        fn tell(&mut self, input: Input<'_>) -> Vec<Action> {
            self.handle(Millis::new(0), input);
            std::iter::from_fn(|| self.poll()).collect()
        }
    }

    fn client(mode: Mode, change: impl FnOnce(&mut Config)) -> Driver<Session> {
        let endpoint = Endpoint::parse("http://server", "production").unwrap();
        let mut config = Config::new(endpoint, Key::parse("fs_srv_0123456789").unwrap());
        config.mode = mode;
        config.limits.bytes = 256 << 20;
        change(&mut config);
        Driver::new(Session::new(config, 7))
    }

    fn polling() -> Driver<Session> {
        client(Mode::Polling(std::time::Duration::from_secs(60)), |_| {})
    }

    fn store(driver: &mut Driver<Session>, bytes: &str) {
        driver.tell(Input::Stored {
            source: Source::Snapshot,
            environment: "production".into(),
            features: bytes.as_bytes(),
        });
    }

    const RULESET: &[&str] = &[
        r#"{"flags":{%:}}"#,
        r#"{"flags":{"a":{},%:}}"#,
        r#"{"flags":{"a":{}},"states":{%:}}"#,
        r#"{"flags":{"a":{}},"segments":{%:}}"#,
        r#"{"flags":{"a":{%:}}}"#,
        r#"{"flags":{"a":{"prerequisites":[%]}},"states":{"a":{"enabled":true}}}"#,
        r#"{"flags":{"a":{"default_value":[%]}},"states":{"a":{"enabled":true}}}"#,
        r#"{"flags":{"a":{}},"states":{"a":{"enabled":true,"rules":[%]}}}"#,
        r#"{"flags":{"a":{}},"states":{"a":{"enabled":true,"rules":[{"conditions":[%]}]}}}"#,
        r#"{"flags":{"a":{}},"states":{"a":{"enabled":true,"rules":[{"conditions":[{"attribute":"x","operator":"in","values":[%]}]}]}}}"#,
        r#"{"flags":{"a":{"flag_type":"ab"}},"states":{"a":{"enabled":true,"variants":[%]}}}"#,
        r#"{"flags":{"a":{}},"segments":{"s":{"match_type":"all","rules":[%]}}}"#,
    ];

    #[test]
    fn messages_of_featuresignals() {
        check(
            "FeatureSignals",
            &[
                Door {
                    name: "map",
                    texts: &["{%:}", r#"{"a":1,%:}"#, r#"{"a":[%]}"#],
                    prepare: polling,
                    pass: |driver, body| driver.answer(body),
                },
                Door {
                    name: "update",
                    texts: &["{%:}"],
                    prepare: || {
                        let mut driver = polling();
                        driver.answer(r#"{"a":1}"#);
                        driver.tell(Input::Refresh(CommandId(1)));
                        driver
                    },
                    pass: |driver, body| driver.answer(body),
                },
                Door {
                    name: "answers",
                    texts: &[
                        "{%:}",
                        r#"{"a":{"value":[%],"reason":"x"}}"#,
                        r#"{"a":{"value":1,"reason":"x",%:}}"#,
                    ],
                    prepare: || {
                        client(Mode::Polling(std::time::Duration::from_secs(60)), |config| {
                            config.flags = Some(vec!["a".into()]);
                            config.reasons = fh_session::featuresignals::Reasons::Always;
                        })
                    },
                    pass: |driver, body| driver.answer(body),
                },
                Door {
                    name: "snapshot",
                    texts: &["{%:}", r#"{"a":{"value":1,"reason":"x"},%:}"#],
                    prepare: polling,
                    pass: store,
                },
                Door {
                    name: "ruleset",
                    texts: RULESET,
                    prepare: || client(Mode::Local, |_| {}),
                    pass: store,
                },
            ],
        );
    }
}
