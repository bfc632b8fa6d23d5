//! Messages of FeatBit.

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

const EMPTY: &str =
    r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}"#;

const LARGE: &[Large] = &[
    (
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[%],"segments":[]}}"#,
        r#"{"key":"@","updatedAt":"2026-01-01T00:00:00Z","isEnabled":false,"disabledVariationId":"off","variations":[{"id":"off","value":"false"}]}"#,
        100_000,
        425,
    ),
    (
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[{"key":"a","updatedAt":"2026-01-01T00:00:00Z","isEnabled":true,"rules":[%]}],"segments":[]}}"#,
        r#"{"name":"@","conditions":[{"property":"country","op":"Equal","value":"nz"}],"variations":[{"id":"x","rollout":[0,1]}]}"#,
        10_000,
        450,
    ),
    (
        r#"{"messageType":"data-sync","data":{"eventType":"full","segments":[{"id":"a","updatedAt":"2026-01-01T00:00:00Z","included":[%]}],"featureFlags":[]}}"#,
        r#""user-@""#,
        1_000_000,
        34,
    ),
];

#[test]
fn large_lists_of_featbit_load() {
    check_large(&Door { name: "full", texts: &[], prepare: socket, pass: text }, LARGE);
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
                pass: |driver, message| driver.store("e", message),
            },
        ],
    );
}
