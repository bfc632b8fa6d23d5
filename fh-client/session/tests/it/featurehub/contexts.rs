//! Contexts of server-evaluated keys (D-62).

use super::*;

#[test]
fn the_context_in_the_query() {
    let mut driver = TestDriver::with(Mode::Streaming, &[SERVER], |config| {
        config.context_placement = fh_session::ContextPlacement::Query;
    });
    driver.tell(Input::Context(CommandId(1), user("a b")));
    assert_eq!(
        driver.request().url.expose(),
        "http://edge/features/e/k?xfeaturehub=userkey%3Da%2520b"
    );
    assert_eq!(driver.header("x-featurehub"), None);
}

#[test]
fn another_users_values_are_never_served() {
    let empty = r#"[{"id":"e","features":[]}]"#;
    let older = r#"[{"id":"e","features":[{"id":"a","key":"A","version":0,"type":"STRING","value":"fred's"}]}]"#;
    for keep in [WhileSwitching::Hide, WhileSwitching::Keep] {
        let mut driver = TestDriver::with(POLL, &[SERVER], |config| config.while_switching = keep);
        driver.good_poll();
        driver.now += 5_000;
        driver.tell(Input::Context(CommandId(1), user("fred")));
        let published = driver.published.len();
        // If an Edge with a failure of its own sends an empty list, the held features do not become Fred's (D-60, D-62).
        driver.polled(empty);
        assert_eq!(driver.status().problem, Some(Problem::EmptyList), "{keep:?}");
        assert_eq!(driver.settled, [(CommandId(1), Err(Problem::EmptyList))]);
        assert_eq!(driver.published.len(), published);
        // A second command for the same context waits for the context's values as well.
        driver.now += 5_000;
        driver.tell(Input::Context(CommandId(2), user("fred")));
        assert_eq!(driver.settled.len(), 1);
        // A store's features do not become Fred's either.
        let source = Source::Store("redis-store".into());
        let stored = LIST.replace('x', "a store's");
        driver.tell(Input::Stored { source, environment: "e".into(), features: stored.as_bytes() });
        assert_eq!(driver.published.len(), published);
        // A replica of the Edge may be outdated. The replica's older version belongs to Fred, and the held version does not.
        driver.polled(older);
        assert_eq!(driver.value().as_deref(), Some("fred's"), "{keep:?}");
        assert_eq!(driver.settled.last(), Some(&(CommandId(2), Ok(Readiness::Ready))));
    }
    let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
    driver.live();
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(1), user("fred")));
    driver.open();
    driver.event("features", "[]");
    assert_eq!(driver.status().problem, Some(Problem::EmptyList));
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    assert_eq!(driver.published.len(), 1);
}

#[test]
fn contexts_that_an_edge_cannot_tell_apart() {
    let mut driver = TestDriver::new(POLL, &[SERVER]);
    let two = Arc::new(Attributes::builder().attribute("userkey", ["a", "b"]).build());
    driver.tell(Input::Context(CommandId(1), Arc::clone(&two)));
    driver.now += 5_000;
    driver.good_poll();
    let sent = driver.sent.len();
    // The header is the same, so the features are valid for both contexts. From now on the features are served for the new context only.
    driver.tell(Input::Context(CommandId(2), user("a,b")));
    assert_eq!((driver.settled.len(), driver.sent.len()), (2, sent));
    let last = driver.published.last().unwrap();
    assert_eq!(last.cause, Cause::Invisible);
    assert_eq!(last.rules.evaluated_for().unwrap().context, user("a,b"));
    assert_eq!(driver.notices, [Notice::CommaInValue { attribute: "userkey".into() }]);
    // A third command, with the same context, publishes nothing.
    let published = driver.published.len();
    driver.tell(Input::Context(CommandId(3), user("a,b")));
    assert_eq!((driver.settled.len(), driver.published.len()), (3, published));
}

/// Returns the ids of the commands whose outcome is `outcome`.
fn settled_with(driver: &TestDriver, outcome: &Result<Readiness, Problem>) -> Vec<u64> {
    let of = driver.settled.iter().filter(|(_, how)| how == outcome);
    of.map(|(command_id, _)| command_id.0).collect()
}

/// Returns the value that readers with this user key get; `None` if these readers get no value.
fn shown_to(driver: &TestDriver, attributes: &str) -> Option<String> {
    let rules = &driver.published.last()?.rules;
    rules.evaluated_for()?.answers_for(&user(attributes)).then(|| driver.value()).flatten()
}

#[test]
fn of_many_contexts_at_once_the_first_and_the_last_are_answered() {
    for mode in [Mode::Streaming, POLL] {
        let mut driver = TestDriver::new(mode, &[SERVER]);
        driver.good(mode);
        driver.now += 5_000;
        for n in 0..200 {
            driver.tell(Input::Context(CommandId(n), user(&format!("user-{n}"))));
        }
        assert_eq!(driver.sent.len(), 2);
        let replaced = settled_with(&driver, &Err(Problem::Superseded));
        assert_eq!(replaced, (1..199).collect::<Vec<_>>(), "{mode:?}");
        driver.good(mode);
        assert_eq!(settled_with(&driver, &Ok(Readiness::Ready)), [0]);
        // The values are served for the first context until those of the last context arrive.
        assert_eq!(shown_to(&driver, "user-0").as_deref(), Some("x"));
        assert_eq!(driver.sent.len(), 3, "{mode:?}");
        assert_eq!(shown_to(&driver, "user-0").as_deref(), Some("x"));
        assert_eq!(shown_to(&driver, "user-199"), None);
        driver.good(mode);
        assert_eq!(settled_with(&driver, &Ok(Readiness::Ready)), [0, 199]);
        assert_eq!(shown_to(&driver, "user-0"), None);
        assert_eq!(shown_to(&driver, "user-199").as_deref(), Some("x"));
    }
}

/// A context that waits is refused with the first list of a stream with status 236, also if the Edge refuses the client in the same chunk.
#[test]
fn the_last_stream_refuses_the_context_that_waits_within_a_chunk() {
    let list = format!("event: features\ndata: {LIST}\n\n");
    let both = format!("{list}event: failure\ndata: {{\"status\":\"no\"}}\n\n");
    for chunks in [vec![both.as_str()], vec![list.as_str(), &both[list.len()..]]] {
        let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
        driver.tell(Input::Context(CommandId(1), user("fred")));
        let request_id = driver.request_id();
        let head = ResponseHead::new(236).header("content-type", "text/event-stream");
        driver.tell(Input::Opened { request_id, head: &head });
        driver.tell(Input::Context(CommandId(2), user("anna")));
        for chunk in &chunks {
            driver.tell(Input::Bytes { request_id, bytes: chunk.as_bytes() });
        }
        let refused = (CommandId(2), Err(Problem::Stale));
        assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::Ready)), refused], "{chunks:?}");
        assert_eq!(driver.sent.len(), 2, "{chunks:?}");
    }
}

/// The stream of a context is replaced after its first list if another context waits. Later events of the same chunk are ignored, as they
/// are if they arrive in a separate chunk.
#[test]
fn a_waiting_context_replaces_the_stream_within_a_chunk() {
    let first = format!("event: features\ndata: {LIST}\n\n");
    let both = format!("{first}event: features\ndata: []\n\n");
    for chunks in [vec![both.as_str()], vec![first.as_str(), &both[first.len()..]]] {
        let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
        driver.now += 5_000;
        driver.tell(Input::Context(CommandId(1), user("fred")));
        driver.tell(Input::Context(CommandId(2), user("mara")));
        driver.open();
        driver.now += 5_000;
        let request_id = driver.request_id();
        for chunk in chunks {
            driver.tell(Input::Bytes { request_id, bytes: chunk.as_bytes() });
        }
        assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::Ready))]);
        assert_eq!(driver.header("x-featurehub"), Some("userkey=mara"));
        assert_eq!(driver.status().problem, None);
    }
}
