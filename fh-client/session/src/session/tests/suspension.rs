//! Suspension: no request without a command, and nothing that the client holds is lost (D-124).

use super::*;

#[test]
fn a_suspended_stream_ends_and_a_new_one_opens_at_the_resumption() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    let stream = driver.request_id();
    driver.now += 5_000;
    driver.tell(Input::Suspend);
    driver.tell(Input::Suspend);
    assert_eq!(driver.aborted, [stream]);
    assert_eq!(driver.status().connection, Connection::Suspended);
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert_eq!(driver.value().as_deref(), Some("x"));
    assert_eq!((driver.session.deadline(), driver.status().next_attempt), (None, None));
    // A late event of the old stream and a tick have no effect.
    driver.event("features", "[]");
    driver.now += 3_600_000;
    driver.tell(Input::Tick);
    assert_eq!((driver.sent.len(), driver.value().as_deref()), (1, Some("x")));
    driver.tell(Input::Resume);
    driver.tell(Input::Resume);
    assert_eq!(driver.sent.len(), 2);
    assert_eq!(driver.request().kind, RequestKind::Stream);
}

#[test]
fn commands_of_a_suspended_client_make_one_poll_each() {
    for (mode, resumed) in [(Mode::Streaming, 2), (POLL, 1)] {
        let mut driver = TestDriver::new(mode, &[SERVER]);
        driver.good(mode);
        let first = driver.sent.len();
        driver.now += 5_000;
        driver.tell(Input::Suspend);
        driver.tell(Input::Refresh(CommandId(1)));
        assert_eq!(driver.request().kind, RequestKind::Poll, "{mode:?}");
        driver.good_poll();
        driver.now += 5_000;
        driver.tell(Input::Context(CommandId(2), user("fred")));
        assert_eq!(driver.header("x-featurehub"), Some("userkey=fred"), "{mode:?}");
        driver.answer(json(503), "");
        let keys = ApiKeys::parse(["e/other"]).unwrap();
        driver.now += 5_000;
        driver.tell(Input::Keys(CommandId(3), keys));
        driver.good_poll();
        let outcomes: Vec<_> = driver.settled.iter().map(|(_, outcome)| outcome.is_ok()).collect();
        assert_eq!(outcomes, [true, false, true], "{mode:?}");
        assert_eq!(driver.sent.len(), first + 3, "{mode:?}");
        assert_eq!(driver.status().connection, Connection::Suspended, "{mode:?}");
        assert_eq!(driver.session.deadline(), None, "{mode:?}");
        driver.tell(Input::Resume);
        // The poll has just been answered, so only the stream is due.
        assert_eq!(driver.sent.len(), first + 2 + resumed, "{mode:?}");
    }
}

#[test]
fn a_command_keeps_its_request_or_gets_a_poll_in_its_place() {
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    driver.good_poll();
    driver.now += 5_000;
    driver.tell(Input::Refresh(CommandId(1)));
    driver.tell(Input::Suspend);
    assert!(driver.aborted.is_empty());
    driver.good_poll();
    assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::Ready))]);

    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    let stream = driver.request_id();
    driver.tell(Input::Refresh(CommandId(1)));
    driver.tell(Input::Suspend);
    assert_eq!(driver.aborted, [stream]);
    assert_eq!(driver.request().kind, RequestKind::Poll);
    driver.good_poll();
    assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::Ready))]);
    assert_eq!(driver.status().connection, Connection::Suspended);
}

#[test]
fn a_delay_outlasts_the_suspension() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    let request_id = driver.request_id();
    let head = ResponseHead::new(503).header("retry-after", "60");
    driver.tell(Input::Opened { request_id, head: &head });
    driver.tell(Input::Suspend);
    driver.now += 10_000;
    driver.tell(Input::Resume);
    assert_eq!((driver.sent.len(), driver.status().connection), (1, Connection::Waiting));
    assert_eq!(driver.wait(), 50_000);
    assert_eq!(driver.sent.len(), 2);
    driver.tell(Input::Suspend);
    driver.now += 90_000;
    driver.tell(Input::Resume);
    assert_eq!((driver.sent.len(), driver.status().connection), (3, Connection::Connecting));
}

#[test]
fn polls_follow_if_their_interval_passed_and_passive_ones_if_a_feature_is_read() {
    for (suspended, sent) in [(60_000, 1), (180_000, 2)] {
        let mut driver = TestDriver::new(POLL, &[CLIENT]);
        driver.good_poll();
        driver.tell(Input::Suspend);
        driver.now += suspended;
        driver.tell(Input::Resume);
        assert_eq!(driver.sent.len(), sent, "after {suspended} ms");
    }
    let mut driver = TestDriver::new(Mode::Passive(Duration::from_secs(180)), &[CLIENT]);
    driver.good_poll();
    driver.wait();
    driver.tell(Input::Suspend);
    driver.tell(Input::FeatureRead);
    assert_eq!((driver.sent.len(), driver.read_reports), (1, 1));
    driver.tell(Input::Resume);
    assert_eq!(driver.read_reports, 2);
    driver.tell(Input::FeatureRead);
    assert_eq!(driver.sent.len(), 2);
}

#[test]
fn other_states_without_requests_stay_as_they_are() {
    let mut offline = TestDriver::new(Mode::Offline, &[CLIENT]);
    offline.tell(Input::Suspend);
    assert_eq!(offline.status().connection, Connection::Offline);
    offline.tell(Input::Resume);
    assert_eq!(offline.status().connection, Connection::Offline);

    // The Edge wants no request after the end of a stream with status 236, whatever ends it.
    let mut last = TestDriver::new(Mode::Streaming, &[CLIENT]);
    let request_id = last.request_id();
    let head = ResponseHead::new(236).header("content-type", "text/event-stream");
    last.tell(Input::Opened { request_id, head: &head });
    last.event("features", LIST);
    last.tell(Input::Suspend);
    last.tell(Input::Resume);
    assert_eq!((last.sent.len(), last.status().connection), (1, Connection::Halted));
    assert!(last.status().is_stale);

    let mut closed = TestDriver::new(Mode::Streaming, &[CLIENT]);
    closed.tell(Input::Stop);
    closed.tell(Input::Suspend);
    closed.tell(Input::Resume);
    assert_eq!((closed.sent.len(), closed.status().connection), (1, Connection::Closed));
}

#[test]
fn a_session_that_starts_suspended_sends_its_first_request_at_the_resumption() {
    let config =
        Config::new(EdgeUrl::parse("http://edge").unwrap(), ApiKeys::parse([CLIENT]).unwrap());
    let mut session = Session::new(config, 7);
    let sends = |session: &mut Session| {
        std::iter::from_fn(|| session.poll()).filter(|it| matches!(it, Action::Send(..))).count()
    };
    session.handle(Millis::new(0), Input::Suspend);
    session.handle(Millis::new(0), Input::Start);
    assert_eq!((sends(&mut session), session.deadline()), (0, None));
    session.handle(Millis::new(9_000), Input::Resume);
    assert_eq!(sends(&mut session), 1);
}
