//! Contexts of server-evaluated keys (D-62).

use super::*;

#[test]
fn another_context_asks_anew() {
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.live();
    let old = desk.ticket();
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(1), user("fred")));
    assert_eq!(desk.aborted, [old]);
    assert_eq!(desk.header("x-featurehub"), Some("userkey=fred"));
    assert_eq!(desk.status().readiness, Readiness::NotReady);
    // The former stream's news are late.
    desk.tell(Input::Bytes { ticket: old, bytes: b"event: features\ndata: []\n\n" });
    assert_eq!(desk.status().readiness, Readiness::NotReady);
    desk.live();
    assert_eq!(desk.settled, [(Errand(1), Ok(Readiness::Ready))]);
    assert_eq!(desk.published.last().unwrap().cause, Cause::First);
    let rules = &desk.published.last().unwrap().rules;
    assert_eq!(rules.evaluated_for().unwrap().context, user("fred"));
    // The same again changes nothing.
    desk.tell(Input::Context(Errand(2), user("fred")));
    assert_eq!((desk.settled.len(), desk.sent.len()), (2, 2));
    // Cleared: the header goes.
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(3), Arc::default()));
    assert_eq!(desk.header("x-featurehub"), None);
}

#[test]
fn contexts_and_etags_of_polls() {
    let mut desk = Desk::new(POLL, &[SERVER]);
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    desk.answer(json(200).header("etag", "\"1\""), &body);
    desk.tell(Input::Context(Errand(1), user("a,b")));
    assert_eq!(desk.header("if-none-match"), None);
    let sha = ContextHeader::of(&user("a,b")).unwrap().context_sha();
    assert!(desk.request().url.expose().ends_with(&format!("contextSha={sha}")));
    assert_eq!(desk.notices, [Notice::CommaInValue { attribute: "userkey".into() }]);
    let many = (0..31).fold(Attributes::builder(), |b, n| b.attribute(&format!("a{n}"), n));
    desk.tell(Input::Context(Errand(2), Arc::new(many.build())));
    assert!(matches!(desk.settled.last(), Some((Errand(2), Err(Problem::Context(_))))));
}

#[test]
fn contexts_of_client_keys_stay_here() {
    for mode in [Mode::Streaming, POLL] {
        let mut desk = Desk::new(mode, &[CLIENT]);
        desk.tell(Input::Context(Errand(1), user("fred")));
        assert_eq!(desk.settled.len(), 1);
        assert_eq!((desk.sent.len(), desk.header("x-featurehub")), (1, None));
    }
}

#[test]
fn the_context_in_the_query() {
    let mut desk = Desk::with(Mode::Streaming, &[SERVER], |config| {
        config.context_placement = crate::ContextPlacement::Query;
    });
    desk.tell(Input::Context(Errand(1), user("a b")));
    assert_eq!(
        desk.request().url.expose(),
        "http://edge/features/e/k?xfeaturehub=userkey%3Da%2520b"
    );
    assert_eq!(desk.header("x-featurehub"), None);
}

#[test]
fn keeping_values_while_switching() {
    let mut desk = Desk::with(Mode::Streaming, &[SERVER], |config| {
        config.while_switching = WhileSwitching::KeepValues;
    });
    desk.live();
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(1), user("fred")));
    assert_eq!(desk.status().readiness, Readiness::Ready);
    let rules = &desk.published.last().unwrap().rules;
    assert_eq!(rules.evaluated_for().unwrap().context, user("fred"));
    assert!(desk.settled.is_empty());
    desk.live();
    assert_eq!(desk.published.last().unwrap().cause, Cause::First);
    assert_eq!(desk.settled.len(), 1);
}

#[test]
fn another_users_values_are_never_served() {
    let empty = r#"[{"id":"e","features":[]}]"#;
    let older = r#"[{"id":"e","features":[{"id":"a","key":"A","version":0,"type":"STRING","value":"fred's"}]}]"#;
    for keep in [WhileSwitching::HideValues, WhileSwitching::KeepValues] {
        let mut desk = Desk::with(POLL, &[SERVER], |config| config.while_switching = keep);
        desk.good_poll();
        desk.now += 5_000;
        desk.tell(Input::Context(Errand(1), user("fred")));
        let published = desk.published.len();
        // An Edge in trouble says nothing: what is held is not Fred's (D-60, D-62).
        desk.polled(empty);
        assert_eq!(desk.status().problem, Some(Problem::EmptyList), "{keep:?}");
        assert_eq!(desk.settled, [(Errand(1), Err(Problem::EmptyList))]);
        assert_eq!(desk.published.len(), published);
        // The same context again waits for its values, too.
        desk.now += 5_000;
        desk.tell(Input::Context(Errand(2), user("fred")));
        assert_eq!(desk.settled.len(), 1);
        // Nor is what a store has.
        let source = Source::Store("redis-store".into());
        let stored = LIST.replace('x', "a store's");
        desk.tell(Input::Stored { source, environment: "e".into(), features: stored.as_bytes() });
        assert_eq!(desk.published.len(), published);
        // A replica may be behind: its older version is still Fred's, what is held is not.
        desk.polled(older);
        assert_eq!(desk.value().as_deref(), Some("fred's"), "{keep:?}");
        assert_eq!(desk.settled.last(), Some(&(Errand(2), Ok(Readiness::Ready))));
    }
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.live();
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(1), user("fred")));
    desk.open();
    desk.event("features", "[]");
    assert_eq!(desk.status().problem, Some(Problem::EmptyList));
    assert_eq!(desk.status().readiness, Readiness::NotReady);
    assert_eq!(desk.published.len(), 1);
}

#[test]
fn kept_values_are_not_mixed_with_those_that_are_awaited() {
    let keep = WhileSwitching::KeepValues;
    let mut desk = Desk::with(Mode::Streaming, &[SERVER], |config| config.while_switching = keep);
    desk.live();
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(1), user("fred")));
    desk.open();
    // Before the list that it belongs to.
    desk.event("feature", &LIST[1..LIST.len() - 1].replace('x', "fred's"));
    assert_eq!(desk.value().as_deref(), Some("x"));
    desk.now += 5_000;
    desk.tell(Input::Context(Errand(2), user("mary")));
    assert_eq!(desk.value().as_deref(), Some("x"));
    desk.live();
    assert_eq!(desk.status().readiness, Readiness::Ready);
}

#[test]
fn kept_values_do_not_end_the_asking() {
    let modes = [Mode::OneOff, Mode::PassivePolling(Duration::from_secs(300))];
    for mode in modes {
        let keep = WhileSwitching::KeepValues;
        let mut desk = Desk::with(mode, &[SERVER], |config| config.while_switching = keep);
        desk.good_poll();
        desk.now += 5_000;
        desk.tell(Input::Context(Errand(1), user("fred")));
        desk.answer(Head::new(503), "");
        assert_eq!(desk.status().connection, Connection::Waiting, "{mode:?}");
        desk.wait();
        desk.good_poll();
        assert_eq!(desk.status().problem, None);
    }
}

#[test]
fn a_context_before_the_start_waits_for_it() {
    let edge = EdgeUrl::parse("http://edge").unwrap();
    let mut session = Session::new(Config::new(edge, ApiKeys::parse([SERVER]).unwrap()), 1);
    session.handle(Millis::new(0), Input::Context(Errand(1), Arc::default()));
    assert!(session.poll().is_none() && session.deadline().is_none());
    session.handle(Millis::new(0), Input::Start);
    assert!(matches!(session.poll(), Some(Action::Send(..))));
}

#[test]
fn contexts_that_an_edge_cannot_tell_apart() {
    let mut desk = Desk::new(POLL, &[SERVER]);
    let two = Arc::new(Attributes::builder().attribute("userkey", ["a", "b"]).build());
    desk.tell(Input::Context(Errand(1), Arc::clone(&two)));
    desk.now += 5_000;
    desk.good_poll();
    let sent = desk.sent.len();
    // The same header, so what holds for one holds for the other; but it is the other that reads now.
    desk.tell(Input::Context(Errand(2), user("a,b")));
    assert_eq!((desk.settled.len(), desk.sent.len()), (2, sent));
    let last = desk.published.last().unwrap();
    assert_eq!(last.cause, Cause::Unseen);
    assert_eq!(last.rules.evaluated_for().unwrap().context, user("a,b"));
    assert_eq!(desk.notices, [Notice::CommaInValue { attribute: "userkey".into() }]);
    // Once more, and nothing is new.
    let published = desk.published.len();
    desk.tell(Input::Context(Errand(3), user("a,b")));
    assert_eq!((desk.settled.len(), desk.published.len()), (3, published));
}
