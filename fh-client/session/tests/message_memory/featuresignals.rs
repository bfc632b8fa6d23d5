//! Messages of FeatureSignals.

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

const LARGE: &[Large] = &[
    (
        r#"{"flags":{%},"states":{}}"#,
        r#""flag-@":{"id":"@","flag_type":"boolean","default_value":false}"#,
        100_000,
        260,
    ),
    (
        r#"{"flags":{"a":{"default_value":false}},"states":{"a":{"enabled":true,"rules":[%]}}}"#,
        r#"{"id":"@","priority":@,"conditions":[{"attribute":"country","operator":"in","values":["nz"]}],"percentage":100,"value":true}"#,
        10_000,
        255,
    ),
    (
        r#"{"flags":{"a":{"default_value":false}},"states":{"a":{"enabled":true,"rules":[{"conditions":[{"attribute":"key","operator":"in","values":[%]}],"percentage":10000,"value":true}]}}}"#,
        r#""user-@""#,
        1_000_000,
        34,
    ),
];

#[test]
fn large_lists_of_featuresignals_load() {
    let pass = |driver: &mut Driver<Session>, text: &str| driver.store("production", text);
    let prepare = || client(Mode::Local, |_| {});
    check_large(&Door { name: "ruleset", texts: &[], prepare, pass }, LARGE);
}

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
                pass: |driver, text| driver.store("production", text),
            },
            Door {
                name: "ruleset",
                texts: RULESET,
                prepare: || client(Mode::Local, |_| {}),
                pass: |driver, text| driver.store("production", text),
            },
        ],
    );
}
