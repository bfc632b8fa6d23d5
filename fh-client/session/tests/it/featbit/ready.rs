//! Tests of the way to flags: which message makes a client ready, and which flags it then serves.

use super::*;

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
