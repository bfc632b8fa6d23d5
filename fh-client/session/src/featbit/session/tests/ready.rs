//! Tests of the way to flags: which message makes a client ready, and which flags it then serves.

use super::test_driver::Kind;
use super::*;

#[test]
fn only_a_full_message_makes_a_new_client_ready() {
    let mut driver = TestDriver::streaming();
    driver.open();
    assert_eq!(driver.asked(), 0);
    for text in [
        PONG,
        r#"{"messageType":"echo","data":{}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"news","featureFlags":[],"segments":[]}}"#,
        "no JSON",
        "",
        &patch(&[flag("a", 20, "pushed")]),
        &patch(&[]),
    ] {
        driver.say(text);
        assert_eq!(driver.status().readiness, Readiness::NotReady, "{text}");
        assert!(driver.published.is_empty(), "{text}");
    }
    driver.say(FULL);
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert_eq!(driver.value().as_deref(), Some("pushed"), "the patch waited for the full message");
    assert_eq!(driver.published[0].cause, Cause::First);
    assert_eq!((driver.status().cursor, driver.problem()), (Some(20), None));
    assert_eq!(driver.notices.len(), 2, "one for each message that could not be read");
}

#[test]
fn patches_before_the_full_message_are_applied_after_it_by_version() {
    let full_of = |version| full(&[flag("a", version, "full")]);
    for (early, full, expected) in [
        (vec![flag("a", 20, "patch")], full_of(10), Some("patch")),
        (vec![flag("a", 10, "patch")], full_of(10), Some("full")),
        (vec![flag("a", 5, "patch")], full_of(10), Some("full")),
        (vec![flag("a", 20, "one"), flag("a", 30, "two")], full_of(10), Some("two")),
        (vec![flag("a", 30, "two"), flag("a", 20, "one")], full_of(10), Some("two")),
        (vec![archived(flag("a", 20, "gone"))], full_of(10), None),
        (vec![archived(flag("a", 5, "gone"))], full_of(10), Some("full")),
    ] {
        let mut driver = TestDriver::streaming();
        driver.open();
        for flag in &early {
            driver.say(&patch(std::slice::from_ref(flag)));
        }
        driver.say(&full);
        assert_eq!(driver.value().as_deref(), expected, "{early:?} {full}");
    }
}

#[test]
fn early_patches_count_towards_the_limit_of_a_message() {
    let mut driver = TestDriver::with(Mode::Streaming, 7, |config| config.limits.bytes = 2_000);
    driver.tell(Input::Start);
    driver.open();
    while driver.is_waiting() {
        driver.say(&patch(&[flag("a", 20, "pushed")]));
    }
    assert_eq!(driver.problem(), Some(Problem::TooLarge(2_000)));
    assert!(driver.written.len() == 1 && driver.published.is_empty());
}

#[test]
fn later_sockets_ask_for_what_is_newer_and_a_patch_answers() {
    let mut driver = TestDriver::synchronised();
    driver.end(End::Broken("reset"));
    driver.come_back();
    driver.open();
    assert_eq!((driver.asked(), driver.status().attempts), (10, 1));
    driver.say(&patch(&[]));
    assert_eq!((driver.status().attempts, driver.problem()), (0, None));
    driver.say(&patch(&[flag("a", 20, "y")]));
    assert_eq!(driver.value().as_deref(), Some("y"));
    // An empty environment has the cursor 0, so the server sends everything again, and patches wait again.
    driver.tell(Input::Refresh(CommandId(1)));
    driver.say(FULL);
    driver.end(End::Broken("reset"));
    driver.come_back();
    driver.open();
    driver.say(&patch(&[flag("a", 30, "z")]));
    assert_eq!((driver.asked(), driver.value().as_deref()), (0, Some("z")));
    driver.say(&full(&[flag("a", 20, "older")]));
    assert_eq!(driver.value().as_deref(), Some("z"));
    driver.end(End::Broken("reset"));
    driver.come_back();
    driver.open();
    assert_eq!(driver.asked(), 30);
}

/// A change that the server pushes before its answer is newer than the changes in the answer.
#[test]
fn a_socket_that_ends_before_its_answer_loses_no_change() {
    let pushed = patch(&[flag("b", 100, "pushed")]);
    let (flags, pong) =
        ([flag("a", 60, "changed meanwhile"), flag("b", 100, "pushed")], PONG.to_string());
    let (answer, nothing, broken) = (patch(&flags[..1]), patch(&[]), patch(&[json!({"key": "c"})]));
    for (messages, asked) in [
        (&[][..], 10),
        (&[&pushed], 10),
        (&[&pushed, &pong], 10),
        (&[&pushed, &answer], 10),
        (&[&pushed, &patch(&[flag("b", 90, "older")])], 10),
        (&[&pushed, &patch(&[flag("a", 10, "x")])], 10),
        // A pushed patch has one entity, and changes something.
        (&[&pushed, &answer, &answer], 100),
        (&[&patch(&flags)], 100),
        // What cannot be read is asked for again, also after later changes.
        (&[&pushed, &broken], 10),
        (&[&nothing, &broken, &pushed], 10),
        (&[&nothing, &"no JSON".to_string(), &pushed], 10),
        (&[&nothing, &broken, &pushed, &patch(&flags)], 100),
        (&[&patch(&[json!({"key": "c"}), flags[1].clone()])], 10),
        (&[&pushed, &nothing], 100),
        (&[&full(&flags)], 100),
    ] {
        let mut driver = TestDriver::synchronised();
        driver.end(End::Broken("reset"));
        driver.come_back();
        driver.open();
        assert_eq!(driver.asked(), 10);
        for text in messages {
            driver.say(text);
        }
        driver.end(End::Broken("reset"));
        driver.come_back();
        driver.open();
        assert_eq!(driver.asked(), asked, "{messages:?}");
    }
}

/// The database of a server may fail while it pushes changes.
#[test]
fn a_request_that_may_be_unanswered_is_repeated_after_each_pong() {
    let mut driver = TestDriver::synchronised();
    driver.end(End::Broken("reset"));
    driver.come_back();
    driver.open();
    let requests = |driver: &mut TestDriver| {
        driver.say(PONG);
        let written = std::mem::take(&mut driver.written);
        written.iter().filter(|text| text.contains("\"timestamp\":10}")).count()
    };
    driver.written.clear();
    driver.say(&patch(&[flag("b", 100, "pushed")]));
    assert_eq!([requests(&mut driver), requests(&mut driver)], [1, 1]);
    driver.say(&patch(&[flag("a", 60, "changed meanwhile"), flag("b", 100, "pushed")]));
    assert_eq!((requests(&mut driver), driver.value().as_deref()), (0, Some("changed meanwhile")));
}

/// Servers before 5.1.0 send flags of the requested time again, and a flag that cannot be read is the same in each answer.
#[test]
fn an_answer_equal_to_the_last_one_ends_the_repetition() {
    for answer in [flag("a", 10, "x"), flag("a", 9, "older"), json!({"key": "c"})] {
        for is_answered in [false, true] {
            let mut driver = TestDriver::synchronised();
            driver.end(End::Broken("reset"));
            driver.come_back();
            driver.open();
            if is_answered {
                driver.say(&patch(&[]));
            }
            let mut requests = 0;
            for _ in 0..10 {
                driver.say(&patch(std::slice::from_ref(&answer)));
                driver.written.clear();
                driver.say(PONG);
                requests += driver.written.len();
                if driver.written.is_empty() {
                    break;
                }
            }
            let expected = usize::from(!is_answered || answer["id"].is_null());
            assert_eq!(requests, expected, "{answer}, {is_answered}");
        }
    }
}

#[test]
fn a_poll_asks_again_for_a_patch_that_could_not_be_read() {
    let mut driver = TestDriver::started(Mode::Polling(Duration::from_secs(30)));
    driver.answer(200, &full(&[flag("a", 10, "x")]));
    let (broken, later) = (json!({"key": "b"}), flag("c", 30, "x"));
    for (answer, asked) in [
        (patch(&[broken.clone(), later.clone()]), 10),
        (patch(&[broken, later.clone()]), 10),
        (patch(&[later, flag("b", 20, "read")]), 30),
    ] {
        driver.come_back();
        driver.answer(200, &answer);
        driver.come_back();
        assert_eq!(driver.kind(), Kind::Poll(Some(asked)), "{answer}");
    }
}

#[test]
fn a_full_message_replaces_everything_also_by_older_versions() {
    let mut driver = TestDriver::synchronised();
    driver.say(&full(&[flag("a", 5, "restored"), flag("b", 3, "x")]));
    assert_eq!((driver.value().as_deref(), driver.status().cursor), (Some("restored"), Some(5)));
    driver.say(&full(&[archived(flag("a", 7, "gone"))]));
    assert_eq!((driver.value(), driver.status().cursor), (None, Some(7)));
}

#[test]
fn a_patch_that_changes_nothing_is_not_published() {
    let mut driver = TestDriver::synchronised();
    for text in [patch(&[]), patch(&[flag("a", 10, "other")]), patch(&[flag("a", 9, "older")])] {
        driver.say(&text);
    }
    assert_eq!((driver.published.len(), driver.value().as_deref()), (1, Some("x")));
}

#[test]
fn only_the_first_full_answer_without_flags_is_reported() {
    let segment = r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[{"id":"s","updatedAt":"2024-01-01T00:00:00Z","included":[],"excluded":[],"rules":[]}]}}"#;
    let one = full(&[flag("a", 10, "x")]);
    for (first, expected) in [(FULL, 1), (&one, 0), (segment, 0)] {
        for mode in [Mode::Streaming, Mode::Polling(Duration::from_secs(30))] {
            let mut driver = TestDriver::started(mode);
            for text in [first, FULL, first] {
                if mode == Mode::Streaming {
                    driver.open();
                    driver.say(text);
                    driver.end(End::Broken("reset"));
                } else {
                    driver.answer(200, text);
                }
                assert_eq!(driver.no_flags, expected, "{mode:?}: {first}");
                driver.come_back();
            }
        }
    }
}
