//! The life of a session: keys, closing, clocks, and the order of actions.

use super::*;

#[test]
fn other_keys() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    desk.now += 5_000;
    // With another key of the same environment, nothing is lost.
    desk.tell(Input::Keys(CommandId(1), ApiKeys::parse(["e/new*"]).unwrap()));
    assert_eq!(desk.status().readiness, Readiness::Ready);
    assert_eq!(desk.request().url.expose(), "http://edge/features/e/new*");
    desk.live();
    desk.now += 5_000;
    // The features do not belong to the other environment.
    desk.tell(Input::Keys(CommandId(2), ApiKeys::parse(["f/new*"]).unwrap()));
    assert_eq!(desk.status().readiness, Readiness::NotReady);
    assert_eq!(desk.value(), None);
    desk.answer(Head::new(404), "");
    assert_eq!(desk.status().readiness, Readiness::Failed);
}

#[test]
fn closing() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.tell(Input::Refresh(CommandId(1)));
    let request_id = desk.request_id();
    desk.tell(Input::Stop);
    desk.tell(Input::Stop);
    assert_eq!(desk.aborted, [request_id]);
    assert_eq!(desk.settled, [(CommandId(1), Err(Problem::Closed))]);
    assert_eq!(desk.status().readiness, Readiness::Closed);
    desk.tell(Input::Refresh(CommandId(2)));
    desk.tell(Input::Keys(CommandId(3), ApiKeys::parse(["f/new*"]).unwrap()));
    desk.tell(Input::Context(CommandId(4), user("a")));
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

/// A caller that waited for a command reads at once, and must not see the old state.
#[test]
fn features_and_status_are_out_before_those_who_wait_are_told() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.tell(Input::Refresh(CommandId(1)));
    desk.open();
    let request_id = desk.request_id();
    let bytes = format!("event: features\ndata: {LIST}\n\n");
    desk.session.handle(Millis::new(1), Input::Bytes { request_id, bytes: bytes.as_bytes() });
    let actions: Vec<Action> = std::iter::from_fn(|| desk.session.poll()).collect();
    assert!(actions.iter().any(|action| matches!(action, Action::Publish(_))));
    assert!(matches!(
        actions.as_slice(),
        [.., Action::Status(status), Action::CommandDone(CommandId(1), Ok(Readiness::Ready))]
            if status.readiness == Readiness::Ready
    ));
}

/// A large chunk of a stream may hold many events. A publication for each would keep many sets of rules in memory at the same time.
#[test]
fn one_piece_of_a_stream_is_published_once() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    let request_id = desk.request_id();
    let feature = |version: i64, value: &str| {
        format!(
            "event: feature\ndata: {{\"id\":\"a\",\"key\":\"A\",\"version\":{version},\"type\":\"STRING\",\"value\":\"{value}\"}}\n\n"
        )
    };
    let changes: String = (2..100).map(|version| feature(version, &version.to_string())).collect();
    let bytes = changes + &feature(100, "99");
    desk.tell(Input::Bytes { request_id, bytes: bytes.as_bytes() });
    assert_eq!(desk.published.len(), 2);
    // The last event changed nothing visible, but the others did.
    assert_eq!(desk.published.last().unwrap().cause, Cause::Change);
    assert_eq!(desk.value().as_deref(), Some("99"));
    // Listeners of raw updates get each event.
    assert_eq!(desk.raw, 1 + 99);
}

#[test]
fn environments_that_no_key_opens_are_revoked() {
    let mut desk = Desk::new(POLL, &["e/k*", "f/k*"]);
    let list = |id: &str| format!(r#"{{"id":"{id}","features":{LIST}}}"#);
    desk.polled(&format!("[{},{}]", list("e"), list("f").replace("\"a\"", "\"b\"")));
    desk.now += 5_000;
    desk.tell(Input::Keys(CommandId(1), ApiKeys::parse(["f/k*", "g/k*"]).unwrap()));
    assert_eq!(desk.revoked, ["e".into()]);
    // Environments are revoked even if nothing is published because there is no list for the new keys.
    let published = desk.published.len();
    desk.now += 5_000;
    desk.tell(Input::Keys(CommandId(2), ApiKeys::parse(["g/k*"]).unwrap()));
    assert_eq!(desk.revoked, ["e".into(), "f".into()]);
    assert_eq!(desk.published.len(), published);
}
