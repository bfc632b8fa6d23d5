//! Tests of clients that evaluate a ruleset themselves, and of clients without flags.

use super::*;

fn stored(driver: &mut TestDriver, features: &str) {
    let (source, environment) = (Source::Store("file".into()), "production".into());
    driver.tell(Input::Stored { source, environment, features: features.as_bytes() });
}

fn ruleset(value: &str) -> String {
    json!({"flags": {"a": {"key": "a", "flag_type": "string", "default_value": value}}}).to_string()
}

fn served(driver: &TestDriver) -> Option<String> {
    let rules = &driver.published.last()?.rules;
    let subject = fh_eval::Subject::without_context(fh_eval::Timestamp::from_millis(0));
    rules.ruleset().get("a")?.evaluate(&subject).string().map(str::to_string)
}

#[test]
fn a_local_client_serves_the_last_ruleset_that_can_be_read() {
    for is_early in [false, true] {
        let mut driver = TestDriver::idle(Mode::Local);
        if !is_early {
            driver.tell(Input::Start);
        }
        assert_eq!(driver.status().readiness, Readiness::NotReady);
        let mut notices = 0;
        for (text, value, cause) in [
            ("{", None, None),
            ("[]", None, None),
            (&*ruleset("x"), Some("x"), Some(Cause::First)),
            ("<html>", Some("x"), Some(Cause::First)),
            (&*ruleset("y"), Some("y"), Some(Cause::Change)),
            ("{\"flags\":[]}", Some("y"), Some(Cause::Change)),
        ] {
            let before = driver.status().clone();
            stored(&mut driver, text);
            assert_eq!(served(&driver).as_deref(), value, "{text}");
            assert_eq!(driver.published.last().map(|publication| publication.cause), cause);
            assert_eq!(driver.status().readiness == Readiness::Ready, value.is_some(), "{text}");
            if !text.contains("default_value") {
                notices += 1;
                let Some(Notice::StoreIgnored { .. }) = driver.notices.last() else {
                    panic!("{text}")
                };
                assert_eq!(driver.status(), &before, "{text}");
            }
            assert_eq!(driver.notices.len(), notices, "{text}");
        }
        driver.tell(Input::Start);
        assert_eq!((driver.status().connection, driver.sent.len()), (Connection::Offline, 0));
        assert!(driver.published.iter().all(|it| it.rules.evaluated_for().is_none()));
    }
}

#[test]
fn a_part_of_a_ruleset_that_cannot_be_read_is_a_notice() {
    let mut driver = TestDriver::started(Mode::Local);
    stored(&mut driver, r#"{"flags":{"a":{"default_value":"x"},"b":{"prerequisites":7}}}"#);
    let [Notice::Ignored { what }] = driver.notices.as_slice() else {
        panic!("{:?}", driver.notices)
    };
    assert!(what.contains("prerequisites"), "{what}");
    assert_eq!(served(&driver).as_deref(), Some("x"));
}

#[test]
fn an_offline_client_is_ready_without_flags() {
    let mut driver = TestDriver::started(Mode::Offline);
    assert_eq!((driver.status().readiness, driver.published.len()), (Readiness::Ready, 0));
    stored(&mut driver, &ruleset("x"));
    assert_eq!(served(&driver).as_deref(), Some("x"));
}
