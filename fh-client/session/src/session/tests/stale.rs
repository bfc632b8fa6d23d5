//! Environments for which the Edge wants no more requests (D-22, D-23, D-67).

use super::*;

#[test]
fn stale_environments() {
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    driver.answer(json(236), &format!(r#"[{{"id":"e","features":{LIST}}}]"#));
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert!(driver.status().is_stale && driver.session.deadline().is_none());
    driver.tell(Input::Refresh(CommandId(1)));
    driver.good_poll();
    assert!(!driver.status().is_stale && driver.session.deadline().is_some());

    for (stale, stops) in [("true", true), ("false", false), ("null", false), ("0", false)] {
        let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
        driver.live();
        driver.event("config", &format!(r#"{{"edge.stale":{stale}}}"#));
        assert_eq!(driver.status().is_stale, stops, "{stale}");
        assert_eq!(driver.session.deadline().is_none(), stops, "{stale}");
        assert_eq!(driver.status().readiness, Readiness::Ready);
    }
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    driver.event("config", r#"{"edge.other":1}"#);
    driver.event("config", "nonsense");
    driver.event("wibble", "nonsense");
    driver.event("config", r#"{"edge.stale":3}"#);
    assert_eq!(driver.status().connection, Connection::Paused);
    assert_eq!(driver.wait(), 3_000);
    driver.live();
    assert_eq!(driver.status().problem, None);
}

#[test]
fn a_stale_client_refuses_another_context() {
    let mut driver = TestDriver::new(POLL, &[SERVER]);
    driver.answer(json(236), &format!(r#"[{{"id":"e","features":{LIST}}}]"#));
    driver.tell(Input::Context(CommandId(1), user("fred")));
    assert_eq!(driver.settled, [(CommandId(1), Err(Problem::Stale))]);
    assert_eq!(driver.sent.len(), 1);
    // The current context is accepted, because it needs no request.
    driver.tell(Input::Context(CommandId(2), Arc::default()));
    assert_eq!(driver.settled.last(), Some(&(CommandId(2), Ok(Readiness::Ready))));
    assert_eq!(driver.sent.len(), 1);
}

#[test]
fn the_last_stream_of_a_stale_environment() {
    let sse = |status| ResponseHead::new(status).header("content-type", "text/event-stream");
    for how in ["closed", "silent", "malformed"] {
        let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
        let request_id = driver.request_id();
        driver.tell(Input::Opened { request_id, head: &sse(236) });
        driver.event("features", LIST);
        match how {
            "closed" => driver.close(),
            "silent" => _ = driver.wait(),
            _ => driver.event("feature", "["),
        }
        assert_eq!(driver.status().connection, Connection::Halted, "{how}");
        assert!(driver.status().is_stale && driver.session.deadline().is_none(), "{how}");
    }
    // While the stream is open, the Edge wants no request either (D-67).
    let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
    let request_id = driver.request_id();
    driver.tell(Input::Opened { request_id, head: &sse(236) });
    assert!(!driver.status().is_stale);
    driver.event("features", LIST);
    assert!(driver.status().is_stale && driver.status().connection == Connection::Streaming);
    driver.tell(Input::Context(CommandId(1), user("fred")));
    assert_eq!(driver.settled, [(CommandId(1), Err(Problem::Stale))]);
    assert_eq!((driver.sent.len(), driver.aborted.len()), (1, 0));
    // Without features, the stream counts as an ordinary one. Once it has sent features, the waiting context is refused.
    let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
    driver.tell(Input::Context(CommandId(1), user("fred")));
    let request_id = driver.request_id();
    driver.tell(Input::Opened { request_id, head: &sse(236) });
    driver.tell(Input::Context(CommandId(2), user("anna")));
    driver.event("features", LIST);
    assert_eq!(
        driver.settled,
        [(CommandId(1), Ok(Readiness::Ready)), (CommandId(2), Err(Problem::Stale))]
    );
    assert_eq!((driver.sent.len(), driver.status().is_stale), (2, true));
    // Other keys end the state.
    driver.tell(Input::Keys(CommandId(3), ApiKeys::parse([SERVER]).unwrap()));
    assert!(!driver.status().is_stale);
    // A client without features continues to send requests (D-71).
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    let request_id = driver.request_id();
    driver.tell(Input::Opened { request_id, head: &sse(236) });
    driver.close();
    assert_eq!(driver.status().problem, Some(Problem::ClosedEarly));
    assert_eq!(driver.wait(), 1_000);
}
