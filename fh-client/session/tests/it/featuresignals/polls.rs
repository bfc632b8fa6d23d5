//! Tests of polls: their requests, their parts, and their times.

use super::*;

/// Creates a session for the user `bob` with a plan, whose server has this many flags. The first poll is in flight.
fn in_parts(flags: usize, change: impl FnOnce(&mut Config)) -> TestDriver {
    let mut driver = TestDriver::with(Mode::Polling(EVERY), change);
    driver.flags = (0..flags).map(|at| format!("f{at:05}")).collect();
    driver.set_context(1, &context("bob", Some("pro")));
    driver.tell(Input::Start);
    driver
}

fn shape(sent: &Kind) -> usize {
    match sent {
        Kind::Map(_) => 0,
        Kind::Part(keys, _) => keys.len(),
        Kind::Stream => usize::MAX,
    }
}

#[test]
fn a_poll_asks_for_the_map_and_for_parts_only_if_it_needs_them() {
    type Change = fn(&mut Config);
    let (plain, always): (Change, Change) = (|_| {}, |config| config.reasons = Reasons::Always);
    let named: Change = |config| config.flags = Some(vec!["f00001".into(), "gone".into()]);
    let (bob, pro) = (Some(context("bob", None)), Some(context("bob", Some("pro"))));
    type Row = (&'static str, Option<Arc<Attributes>>, usize, Change, &'static [usize], usize);
    let rows: [Row; 10] = [
        ("no context", None, 3, plain, &[0], 3),
        ("a user key", bob.clone(), 250, plain, &[0], 250),
        ("attributes", pro.clone(), 100, plain, &[0, 100], 100),
        ("one flag more", pro.clone(), 101, plain, &[0, 100, 1], 101),
        ("three parts", pro.clone(), 250, plain, &[0, 100, 100, 50], 250),
        ("no flags", pro.clone(), 0, plain, &[0], 0),
        ("always reasons", bob.clone(), 3, always, &[0, 3], 3),
        ("no context, always reasons", None, 3, always, &[0, 3], 3),
        ("named flags", pro, 250, named, &[2], 1),
        ("named flags of a user key", bob, 250, named, &[0], 1),
    ];
    for (name, context, flags, change, shapes, served) in rows {
        let mut driver = TestDriver::with(Mode::Polling(EVERY), change);
        driver.flags = (0..flags).map(|at| format!("f{at:05}")).collect();
        let user = if context.is_some() { "bob" } else { "anonymous" };
        if let Some(context) = &context {
            driver.set_context(1, context);
        }
        driver.tell(Input::Start);
        driver.serve();
        assert_eq!(driver.sent.iter().map(shape).collect::<Vec<_>>(), shapes, "{name}");
        for sent in &driver.sent {
            match sent {
                Kind::Map(key) => assert_eq!(key, user, "{name}"),
                Kind::Part(_, sent) if name.contains("reasons") => {
                    assert_eq!(*sent, json!({"key": user, "attributes": {}}), "{name}");
                }
                Kind::Part(_, sent) => {
                    assert_eq!(
                        *sent,
                        json!({"key": "bob", "attributes": {"plan": "pro"}}),
                        "{name}"
                    );
                }
                Kind::Stream => panic!("{name}"),
            }
        }
        assert_eq!(driver.status().readiness, Readiness::Ready, "{name}");
        assert_eq!(driver.read(&context.unwrap_or_default()).len(), served, "{name}");
        assert_eq!((driver.published.len(), driver.problem()), (1, None), "{name}");
    }
}

#[test]
fn a_refresh_publishes_all_parts_or_none() {
    // Without optimization, 10,000 refreshes take half a minute.
    let refreshes = if cfg!(debug_assertions) { 1_200 } else { 10_000 };
    let mut driver = in_parts(250, |_| {});
    let bob = context("bob", Some("pro"));
    let (mut good, mut failed) = (0, 0);
    for refresh in 1..=refreshes {
        driver.version = refresh;
        driver.come_back();
        let (before, former) = (driver.published.len(), driver.value(&bob));
        driver.serve_one();
        driver.serve_one();
        if refresh % 3 == 0 {
            match refresh % 4 {
                0 => driver.answer(500, ""),
                1 => driver.answer(200, r#"{"f00100":{"value":1}}"#),
                2 => driver.end(End::Broken("reset")),
                _ => driver.answer(401, r#"{"error":"unauthorized"}"#),
            }
            failed += 1;
            assert!(driver.poll.is_none() && driver.problem().is_some(), "{refresh}");
            assert_eq!((driver.published.len(), driver.value(&bob)), (before, former));
        } else {
            driver.serve();
            good += 1;
            // The test driver checks that the values are those of one refresh.
            assert_eq!(driver.published.len(), before + 1, "{refresh}");
            assert_eq!(driver.problem(), None);
        }
        // The history of a long life is not kept.
        driver.sent.clear();
        driver.published.drain(..driver.published.len() - 1);
    }
    assert_eq!((good, failed), (refreshes - refreshes / 3, refreshes / 3));
}

#[test]
fn many_flags_are_one_notice() {
    for (flags, notices) in [(1_000, vec![]), (1_001, vec![Notice::ManyFlags { count: 1_001 }])] {
        let mut driver = in_parts(flags, |_| {});
        for _ in 0..3 {
            driver.come_back();
            driver.serve();
        }
        assert_eq!(driver.notices, notices, "{flags}");
    }
}

#[test]
fn polls_keep_their_interval_within_ten_percent() {
    let mut driver = TestDriver::polling();
    let mut delays = Vec::new();
    for _ in 0..200 {
        driver.now += 3_000;
        driver.serve();
        delays.push(driver.come_back());
    }
    assert!(delays.iter().all(|delay| (40_500..=49_500).contains(delay)), "{delays:?}");
    assert!(
        delays.iter().any(|delay| *delay < 41_500) && delays.iter().any(|delay| *delay > 48_500)
    );
}

#[test]
fn bodies_arrive_in_pieces() {
    let mut driver = TestDriver::polling();
    driver.head(&ResponseHead::new(200));
    for piece in r#"{"a":"anonymous@ü"}"#.as_bytes().chunks(3) {
        driver.say(piece);
    }
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    driver.end(End::Complete);
    assert_eq!(driver.value(&Arc::default()), "anonymous@ü");
}

/// The parts of a poll are kept until the last one, so that the limit is that of all of them.
#[test]
fn the_parts_of_a_poll_together_have_a_limit() {
    let mut sizes = Vec::new();
    for limit in [1 << 30, 10_000] {
        let mut driver = in_parts(250, |config| config.limits.bytes = limit);
        driver.come_back();
        driver.serve_one();
        for part in 0..3 {
            let body = format!(
                "{{\"f{part}\":{{\"value\":\"{}\",\"reason\":\"DISABLED\"}}}}",
                "x".repeat(4_000)
            );
            if driver.poll.is_some() {
                driver.answer(200, &body);
            }
        }
        sizes.push(driver.problem());
    }
    assert_eq!(sizes, [None, Some(Problem::TooLarge(10_000))]);
}
