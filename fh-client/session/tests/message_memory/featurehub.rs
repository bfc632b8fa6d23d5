//! Messages of FeatureHub.

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

const LARGE: &[Large] = &[
    (r#"[{"id":"e","features":[%]}]"#, r#"{"key":"feature-@-of-many"}"#, 100_000, 120),
    (
        r#"[{"id":"e","features":[%]}]"#,
        r#"{"id":"@-0000-4000-8000-000000000000","key":"FLAG_@","type":"BOOLEAN","version":1,"l":false,"value":false}"#,
        100_000,
        180,
    ),
    (
        r#"[{"id":"e","features":[{"id":"f","key":"F","type":"BOOLEAN","version":1,"value":false,"strategies":[%]}]}]"#,
        r#"{"id":"s@","value":true,"attributes":[{"fieldName":"country","type":"STRING","conditional":"EQUALS","values":["c@"]}]}"#,
        10_000,
        255,
    ),
    (
        r#"[{"id":"e","features":[{"id":"f","key":"F","type":"BOOLEAN","version":1,"value":false,"strategies":[{"id":"s","value":true,"attributes":[{"fieldName":"userkey","type":"STRING","conditional":"EQUALS","values":[%]}]}]}]}]"#,
        r#""user-@""#,
        1_000_000,
        34,
    ),
    // Features share the texts of their lists, and their JSON is a part of the message.
    (
        r#"[{"id":"e","features":[%]}]"#,
        r#"{"id":"@","key":"F@","type":"BOOLEAN","version":1,"value":false,"strategies":[{"id":"s","value":true,"attributes":[{"fieldName":"userkey","type":"STRING","conditional":"EQUALS","values":[
            "a-00","a-01","a-02","a-03","a-04","a-05","a-06","a-07","a-08","a-09","a-10","a-11","a-12","a-13","a-14","a-15","a-16","a-17","a-18","a-19",
            "b-00","b-01","b-02","b-03","b-04","b-05","b-06","b-07","b-08","b-09","b-10","b-11","b-12","b-13","b-14","b-15","b-16","b-17","b-18","b-19"]}]}]}"#,
        20_000,
        1_200,
    ),
];

#[cfg(not(target_os = "wasi"))]
#[test]
fn large_lists_of_featurehub_load() {
    let pass = |driver: &mut Driver<Session>, body: &str| driver.answer(body);
    check_large(&Door { name: "poll", texts: &[], prepare: polling, pass }, LARGE);
}

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
                pass: |driver, list| driver.store("e", list),
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
