//! Environments for which the Edge wants no more requests (D-22, D-23, D-67).

use super::*;

#[test]
fn stale_environments() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.answer(json(236), &format!(r#"[{{"id":"e","features":{LIST}}}]"#));
    assert_eq!(desk.status().readiness, Readiness::Ready);
    assert!(desk.status().is_stale && desk.session.deadline().is_none());
    desk.tell(Input::Refresh(CommandId(1)));
    desk.good_poll();
    assert!(!desk.status().is_stale && desk.session.deadline().is_some());

    for (stale, stops) in [("true", true), ("false", false), ("null", false), ("0", false)] {
        let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
        desk.live();
        desk.event("config", &format!(r#"{{"edge.stale":{stale}}}"#));
        assert_eq!(desk.status().is_stale, stops, "{stale}");
        assert_eq!(desk.session.deadline().is_none(), stops, "{stale}");
        assert_eq!(desk.status().readiness, Readiness::Ready);
    }
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    desk.event("config", r#"{"edge.other":1}"#);
    desk.event("config", "nonsense");
    desk.event("wibble", "nonsense");
    desk.event("config", r#"{"edge.stale":3}"#);
    assert_eq!(desk.status().connection, Connection::Paused);
    assert_eq!(desk.wait(), 3_000);
    desk.live();
    assert_eq!(desk.status().problem, None);
}

#[test]
fn a_stale_client_refuses_another_context() {
    let mut desk = Desk::new(POLL, &[SERVER]);
    desk.answer(json(236), &format!(r#"[{{"id":"e","features":{LIST}}}]"#));
    desk.tell(Input::Context(CommandId(1), user("fred")));
    assert_eq!(desk.settled, [(CommandId(1), Err(Problem::Stale))]);
    assert_eq!(desk.sent.len(), 1);
    // The current context is accepted.
    desk.tell(Input::Context(CommandId(2), Arc::default()));
    assert_eq!(desk.settled.last(), Some(&(CommandId(2), Ok(Readiness::Ready))));
    assert_eq!(desk.sent.len(), 1);
}

#[test]
fn the_last_stream_of_a_stale_environment() {
    let sse = |status| Head::new(status).header("content-type", "text/event-stream");
    for how in ["closed", "silent", "malformed"] {
        let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
        let request_id = desk.request_id();
        desk.tell(Input::Opened { request_id, head: &sse(236) });
        desk.event("features", LIST);
        match how {
            "closed" => desk.close(),
            "silent" => _ = desk.wait(),
            _ => desk.event("feature", "["),
        }
        assert_eq!(desk.status().connection, Connection::Halted, "{how}");
        assert!(desk.status().is_stale && desk.session.deadline().is_none(), "{how}");
    }
    // A client without features continues to send requests (D-71).
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    let request_id = desk.request_id();
    desk.tell(Input::Opened { request_id, head: &sse(236) });
    desk.close();
    assert_eq!(desk.status().problem, Some(Problem::ClosedEarly));
    assert_eq!(desk.wait(), 1_000);
}
