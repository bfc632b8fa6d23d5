//! Contexts of server-evaluated keys (D-62).

use super::*;

#[test]
fn another_context_sends_a_new_request() {
    let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
    driver.live();
    let old = driver.request_id();
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(1), user("fred")));
    assert_eq!(driver.aborted, [old]);
    assert_eq!(driver.header("x-featurehub"), Some("userkey=fred"));
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    // An event of the old stream arrives late.
    driver.tell(Input::Bytes { request_id: old, bytes: b"event: features\ndata: []\n\n" });
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    driver.live();
    assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::Ready))]);
    assert_eq!(driver.published.last().unwrap().cause, Cause::First);
    let rules = &driver.published.last().unwrap().rules;
    assert_eq!(rules.evaluated_for().unwrap().context, user("fred"));
    // Setting the same context again changes nothing.
    driver.tell(Input::Context(CommandId(2), user("fred")));
    assert_eq!((driver.settled.len(), driver.sent.len()), (2, 2));
    // An empty context removes the header.
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(3), Arc::default()));
    assert_eq!(driver.header("x-featurehub"), None);
}

#[test]
fn contexts_and_etags_of_polls() {
    let mut driver = TestDriver::new(POLL, &[SERVER]);
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    driver.answer(json(200).header("etag", "\"1\""), &body);
    driver.tell(Input::Context(CommandId(1), user("a,b")));
    assert_eq!(driver.header("if-none-match"), None);
    let sha = ContextHeader::of(&user("a,b")).unwrap().context_sha();
    assert!(driver.request().url.expose().ends_with(&format!("contextSha={sha}")));
    assert_eq!(driver.notices, [Notice::CommaInValue { attribute: "userkey".into() }]);
    let many = (0..31).fold(Attributes::builder(), |b, n| b.attribute(&format!("a{n}"), n));
    driver.tell(Input::Context(CommandId(2), Arc::new(many.build())));
    assert!(matches!(driver.settled.last(), Some((CommandId(2), Err(Problem::Context(_))))));
}

#[test]
fn contexts_of_client_evaluated_keys_are_not_sent() {
    for mode in [Mode::Streaming, POLL] {
        let mut driver = TestDriver::new(mode, &[CLIENT]);
        driver.tell(Input::Context(CommandId(1), user("fred")));
        assert_eq!(driver.settled.len(), 1);
        assert_eq!((driver.sent.len(), driver.header("x-featurehub")), (1, None));
    }
}

#[test]
fn the_context_in_the_query() {
    let mut driver = TestDriver::with(Mode::Streaming, &[SERVER], |config| {
        config.context_placement = crate::ContextPlacement::Query;
    });
    driver.tell(Input::Context(CommandId(1), user("a b")));
    assert_eq!(
        driver.request().url.expose(),
        "http://edge/features/e/k?xfeaturehub=userkey%3Da%2520b"
    );
    assert_eq!(driver.header("x-featurehub"), None);
}

#[test]
fn keeping_values_while_switching() {
    let mut driver = TestDriver::with(Mode::Streaming, &[SERVER], |config| {
        config.while_switching = WhileSwitching::Keep;
    });
    driver.live();
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(1), user("fred")));
    assert_eq!(driver.status().readiness, Readiness::Ready);
    // The values still belong to the old context, and are served for Fred as well.
    let rules = &driver.published.last().unwrap().rules;
    let evaluated = rules.evaluated_for().unwrap();
    assert_eq!(evaluated.context, Arc::default());
    assert_eq!(evaluated.kept_for, Some(user("fred")));
    assert!(driver.settled.is_empty());
    driver.live();
    assert_eq!(driver.published.last().unwrap().cause, Cause::First);
    assert_eq!(driver.settled.len(), 1);
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
fn kept_values_are_not_mixed_with_those_that_are_awaited() {
    let keep = WhileSwitching::Keep;
    let mut driver =
        TestDriver::with(Mode::Streaming, &[SERVER], |config| config.while_switching = keep);
    driver.live();
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(1), user("fred")));
    driver.open();
    // A feature of the new context arrives before the new context's list.
    driver.event("feature", &LIST[1..LIST.len() - 1].replace('x', "fred's"));
    assert_eq!(driver.value().as_deref(), Some("x"));
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(2), user("mary")));
    assert_eq!(driver.value().as_deref(), Some("x"));
    // The request for Mary waits for Fred's list.
    driver.event("features", LIST);
    driver.live();
    assert_eq!(driver.status().readiness, Readiness::Ready);
}

#[test]
fn kept_values_do_not_stop_retries() {
    let modes = [Mode::Once, Mode::Passive(Duration::from_secs(300))];
    for mode in modes {
        let keep = WhileSwitching::Keep;
        let mut driver = TestDriver::with(mode, &[SERVER], |config| config.while_switching = keep);
        driver.good_poll();
        driver.now += 5_000;
        driver.tell(Input::Context(CommandId(1), user("fred")));
        driver.answer(ResponseHead::new(503), "");
        assert_eq!(driver.status().connection, Connection::Waiting, "{mode:?}");
        driver.wait();
        driver.good_poll();
        assert_eq!(driver.status().problem, None);
    }
}

#[test]
fn a_context_before_the_start_waits_for_it() {
    let edge = EdgeUrl::parse("http://edge").unwrap();
    let mut session = Session::new(Config::new(edge, ApiKeys::parse([SERVER]).unwrap()), 1);
    session.handle(Millis::new(0), Input::Context(CommandId(1), Arc::default()));
    assert!(session.poll().is_none() && session.deadline().is_none());
    // The time limit of the command begins at the start.
    session.handle(Millis::new(12_000), Input::Tick);
    assert!(session.poll().is_none() && session.deadline().is_none());
    session.handle(Millis::new(12_000), Input::Start);
    assert!(matches!(session.poll(), Some(Action::Send(..))));
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
fn contexts_that_follow_each_other_fast_are_answered_one_after_the_other() {
    for mode in [Mode::Streaming, POLL] {
        let mut driver = TestDriver::new(mode, &[SERVER]);
        driver.good(mode);
        driver.now += 5_000;
        // The Edge takes 300 ms for a response, and a new context is set every 100 ms.
        let mut answered_at = None;
        let mut sent = driver.sent.len();
        for n in 0..200 {
            driver.tell(Input::Context(CommandId(n), user(&format!("user-{n}"))));
            for _ in 0..2 {
                if driver.sent.len() > sent {
                    sent = driver.sent.len();
                    answered_at = Some(driver.now + 300);
                }
                if answered_at == Some(driver.now) {
                    driver.good(mode);
                }
                driver.now += 50;
                while driver.session.deadline().is_some_and(|at| at.as_u64() <= driver.now) {
                    driver.tell(Input::Tick);
                }
            }
        }
        let well = settled_with(&driver, &Ok(Readiness::Ready));
        // At most two requests are sent per second, and 20 seconds have passed.
        assert!((30..=41).contains(&well.len()), "{mode:?} {well:?}");
        assert!(well.is_sorted());
        let replaced = settled_with(&driver, &Err(Problem::Superseded));
        assert!(replaced.len() + well.len() >= 198, "{mode:?} {}", replaced.len());
        assert_eq!(driver.settled.len(), replaced.len() + well.len());
        let ready = driver.statuses.iter().filter(|status| status.readiness == Readiness::Ready);
        assert!(ready.count() >= well.len(), "{mode:?}");
    }
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

#[test]
fn a_context_that_fails_makes_room_for_the_next() {
    let mut driver = TestDriver::new(POLL, &[SERVER]);
    driver.good_poll();
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(1), user("fred")));
    driver.tell(Input::Context(CommandId(2), user("mary")));
    assert_eq!((driver.sent.len(), driver.settled.len()), (2, 0));
    driver.answer(ResponseHead::new(503), "");
    assert_eq!(driver.settled, [(CommandId(1), Err(Problem::ServerError(503)))]);
    assert_eq!(driver.sent.len(), 3, "at once");
    driver.good_poll();
    assert_eq!(driver.settled.last(), Some(&(CommandId(2), Ok(Readiness::Ready))));
}

#[test]
fn a_context_takes_as_long_as_a_poll_may_take_and_stays_set() {
    let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
    driver.live();
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(1), user("fred")));
    driver.open();
    driver.now += 1_000;
    driver.tell(Input::Context(CommandId(2), user("mary")));
    let late = Err(Problem::TimedOut(Stage::Context));
    // The stream itself has more time for its first list.
    assert_eq!(driver.wait(), 11_000);
    assert_eq!(settled_with(&driver, &late), [1]);
    assert_eq!(driver.wait(), 1_000);
    assert_eq!(settled_with(&driver, &late), [1, 2]);
    assert_eq!(driver.aborted.len(), 1);
    driver.event("features", LIST);
    driver.live();
    assert_eq!(shown_to(&driver, "mary").as_deref(), Some("x"));
    // The limit of polls can be configured.
    let mut driver = TestDriver::with(Mode::Streaming, &[SERVER], |config| {
        config.limits.poll = Duration::from_secs(3);
    });
    driver.live();
    driver.tell(Input::Context(CommandId(1), user("fred")));
    driver.open();
    assert_eq!(driver.wait(), 3_000);
    assert_eq!(settled_with(&driver, &late), [1]);
}

#[test]
fn back_to_the_context_in_flight() {
    let mut driver = TestDriver::new(POLL, &[SERVER]);
    driver.good_poll();
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(1), user("fred")));
    driver.tell(Input::Context(CommandId(2), user("mary")));
    driver.tell(Input::Context(CommandId(3), user("mary")));
    driver.tell(Input::Context(CommandId(4), user("fred")));
    assert_eq!(settled_with(&driver, &Err(Problem::Superseded)), [2, 3]);
    driver.good_poll();
    assert_eq!(settled_with(&driver, &Ok(Readiness::Ready)), [1, 4]);
    assert_eq!(driver.sent.len(), 2);
}

#[test]
fn new_keys_abort_and_ask_for_the_newest_context() {
    let mut driver = TestDriver::new(POLL, &[SERVER]);
    driver.good_poll();
    driver.now += 5_000;
    driver.tell(Input::Context(CommandId(1), user("fred")));
    driver.tell(Input::Context(CommandId(2), user("mary")));
    let keys = ApiKeys::parse(["e/other"]).unwrap();
    driver.now += 5_000;
    driver.tell(Input::Keys(CommandId(3), keys));
    assert_eq!(driver.settled, [(CommandId(1), Err(Problem::Superseded))]);
    assert_eq!((driver.sent.len(), driver.aborted.len()), (3, 1));
    assert_eq!(driver.header("x-featurehub"), Some("userkey=mary"));
    driver.good_poll();
    assert_eq!(settled_with(&driver, &Ok(Readiness::Ready)), [2, 3]);
}

#[test]
fn a_stale_environment_refuses_the_context_that_waits() {
    for keep in [WhileSwitching::Hide, WhileSwitching::Keep] {
        let mut driver = TestDriver::with(POLL, &[SERVER], |config| config.while_switching = keep);
        driver.good_poll();
        driver.now += 5_000;
        driver.tell(Input::Context(CommandId(1), user("fred")));
        driver.tell(Input::Context(CommandId(2), user("mary")));
        driver.answer(json(236), &format!(r#"[{{"id":"e","features":{LIST}}}]"#));
        let refused = (CommandId(2), Err(Problem::Stale));
        assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::Ready)), refused], "{keep:?}");
        assert_eq!((driver.sent.len(), driver.session.deadline()), (2, None));
        assert_eq!(shown_to(&driver, "fred").as_deref(), Some("x"));
        assert_eq!(shown_to(&driver, "mary"), None);
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

#[test]
fn closing_ends_the_waiting_context() {
    let mut driver = TestDriver::new(POLL, &[SERVER]);
    driver.tell(Input::Context(CommandId(1), user("fred")));
    driver.tell(Input::Stop);
    assert_eq!(driver.settled, [(CommandId(1), Err(Problem::Closed))]);
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

/// An offline client gets no features of an Edge, so a store's list after a context change belongs to the new context.
#[test]
fn an_offline_client_takes_lists_of_stores_for_a_new_context() {
    for keep in [WhileSwitching::Hide, WhileSwitching::Keep] {
        let mut driver =
            TestDriver::with(Mode::Offline, &[SERVER], |config| config.while_switching = keep);
        let store = |driver: &mut TestDriver, list: &str| {
            driver.tell(Input::Stored {
                source: Source::Store("redis".into()),
                environment: "e".into(),
                features: list.as_bytes(),
            });
        };
        store(&mut driver, LIST);
        driver.tell(Input::Context(CommandId(1), user("fred")));
        // A single feature does not say which others the context has.
        let one = LIST.trim_matches(['[', ']']);
        driver.tell(Input::StoredFeature {
            source: Source::Store("redis".into()),
            environment: "e".into(),
            feature: one.as_bytes(),
        });
        assert_eq!(driver.notices.len(), 1, "{keep:?}");
        // Versions of two contexts are not compared.
        store(&mut driver, &LIST.replace(r#""version":1"#, r#""version":0"#).replace("x", "y"));
        assert_eq!(driver.value().as_deref(), Some("y"), "{keep:?}");
        assert_eq!(driver.published.last().unwrap().cause, Cause::First);
        assert_eq!(driver.status().readiness, Readiness::Ready);
        let rules = &driver.published.last().unwrap().rules;
        assert_eq!(rules.evaluated_for().unwrap().context, user("fred"));
        assert_eq!(driver.notices.len(), 1, "{keep:?}");
    }
}
