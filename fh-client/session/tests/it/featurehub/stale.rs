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
