//! Tests of keys, closing, clocks, and the order of actions.

use super::*;

#[test]
fn keys_can_be_replaced() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    driver.now += 5_000;
    // With another key of the same environment, nothing is lost.
    driver.tell(Input::Keys(CommandId(1), ApiKeys::parse(["e/new*"]).unwrap()));
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert_eq!(driver.request().url.expose(), "http://edge/features/e/new*");
    driver.live();
    driver.now += 5_000;
    // The held features do not belong to the environment of the new key.
    driver.tell(Input::Keys(CommandId(2), ApiKeys::parse(["f/new*"]).unwrap()));
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    assert_eq!(driver.value(), None);
    driver.answer(ResponseHead::new(404), "");
    assert_eq!(driver.status().readiness, Readiness::Failed);
}

#[test]
fn closing() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.tell(Input::Refresh(CommandId(1)));
    let request_id = driver.request_id();
    driver.tell(Input::Stop);
    driver.tell(Input::Stop);
    assert_eq!(driver.aborted, [request_id]);
    assert_eq!(driver.settled, [(CommandId(1), Err(Problem::Closed))]);
    assert_eq!(driver.status().readiness, Readiness::Closed);
    driver.tell(Input::Refresh(CommandId(2)));
    driver.tell(Input::Keys(CommandId(3), ApiKeys::parse(["f/new*"]).unwrap()));
    driver.tell(Input::Context(CommandId(4), user("a")));
    assert_eq!((driver.settled.len(), driver.sent.len()), (4, 1));
    let source = Source::Store("redis-store".into());
    driver.tell(Input::Stored { source, environment: "e".into(), features: LIST.as_bytes() });
    assert!(driver.published.is_empty() && driver.notices.is_empty());
}

#[test]
fn a_clock_that_goes_back_is_not_followed() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.now = 1_000_000;
    driver.live();
    driver.now = 0;
    driver.event("ack", "1");
    assert!(driver.session.deadline().unwrap() >= Millis::new(1_000_000));
}

/// A caller that waited for a command reads at once, and must not see the old state.
#[test]
fn features_and_status_are_published_before_outcomes() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.tell(Input::Refresh(CommandId(1)));
    driver.open();
    let request_id = driver.request_id();
    let bytes = format!("event: features\ndata: {LIST}\n\n");
    driver.session.handle(Millis::new(1), Input::Bytes { request_id, bytes: bytes.as_bytes() });
    let actions: Vec<Action> = std::iter::from_fn(|| driver.session.poll()).collect();
    assert!(actions.iter().any(|action| matches!(action, Action::Publish(_))));
    assert!(matches!(
        actions.as_slice(),
        [.., Action::Status(status), Action::CommandDone(CommandId(1), Ok(Readiness::Ready))]
            if status.readiness == Readiness::Ready
    ));
}

/// A large chunk of a stream may hold many events. A publication for each event would keep many sets of rules in memory at the same time.
#[test]
fn one_piece_of_a_stream_is_published_once() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    let request_id = driver.request_id();
    let feature = |version: i64, value: &str| {
        format!(
            "event: feature\ndata: {{\"id\":\"a\",\"key\":\"A\",\"version\":{version},\"type\":\"STRING\",\"value\":\"{value}\"}}\n\n"
        )
    };
    let changes: String = (2..100).map(|version| feature(version, &version.to_string())).collect();
    let bytes = changes + &feature(100, "99");
    driver.tell(Input::Bytes { request_id, bytes: bytes.as_bytes() });
    assert_eq!(driver.published.len(), 2);
    // The last event changed nothing visible, but the earlier events did.
    assert_eq!(driver.published.last().unwrap().cause, Cause::Change);
    assert_eq!(driver.value().as_deref(), Some("99"));
    // Listeners of raw updates get each event.
    assert_eq!(driver.raw, 1 + 99);
}

#[test]
fn environments_that_no_key_opens_are_revoked() {
    let mut driver = TestDriver::new(POLL, &["e/k*", "f/k*"]);
    let list = |id: &str| format!(r#"{{"id":"{id}","features":{LIST}}}"#);
    driver.polled(&format!("[{},{}]", list("e"), list("f").replace("\"a\"", "\"b\"")));
    driver.now += 5_000;
    driver.tell(Input::Keys(CommandId(1), ApiKeys::parse(["f/k*", "g/k*"]).unwrap()));
    assert_eq!(driver.revoked, ["e".into()]);
    // Environments are revoked even if nothing is published because there is no list for the new keys.
    let published = driver.published.len();
    driver.now += 5_000;
    driver.tell(Input::Keys(CommandId(2), ApiKeys::parse(["g/k*"]).unwrap()));
    assert_eq!(driver.revoked, ["e".into(), "f".into()]);
    assert_eq!(driver.published.len(), published);
}
