//! Tests of contexts: one is asked for, one waits, and values are served only for the context for which the server evaluated them.

use super::*;

/// The command of each user is done, superseded, or waits.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Ready,
    Superseded,
    Waits,
}

fn outcome(driver: &TestDriver, number: u64) -> Outcome {
    match driver.outcome(number) {
        None => Outcome::Waits,
        Some(Ok(Readiness::Ready)) => Outcome::Ready,
        Some(Err(Problem::Superseded)) => Outcome::Superseded,
        other => panic!("{other:?}"),
    }
}

fn numbered(number: u64) -> Arc<Attributes> {
    context(&format!("user-{number}"), None)
}

#[test]
fn one_context_is_asked_for_and_one_waits() {
    use Outcome::{Ready, Superseded, Waits};
    let mut driver = TestDriver::ready();
    driver.pass(5_000);
    for number in 1..=4 {
        driver.set_context(number, &numbered(number));
        assert_eq!(driver.session.newest_context(), Some(&numbered(number)));
    }
    assert_eq!(*driver.last_poll(), Kind::Map("user-1".into()));
    let outcomes = |driver: &TestDriver| [1, 2, 3, 4].map(|number| outcome(driver, number));
    assert_eq!(outcomes(&driver), [Waits, Superseded, Superseded, Waits]);
    driver.serve_one();
    assert_eq!(outcomes(&driver), [Ready, Superseded, Superseded, Waits]);
    assert_eq!(driver.value(&numbered(1)), "user-1@1");
    assert_eq!(driver.value(&numbered(4)), "", "no values of another context");
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    assert_eq!(*driver.last_poll(), Kind::Map("user-4".into()));
    driver.serve();
    assert_eq!(outcomes(&driver), [Ready, Superseded, Superseded, Ready]);
    assert_eq!(driver.value(&numbered(4)), "user-4@1");
    assert!(driver.aborted.is_empty());
}

#[test]
fn a_context_changes_in_the_middle_of_the_parts() {
    let mut driver = TestDriver::with(Mode::Polling(EVERY), |_| {});
    driver.flags = (0..250).map(|at| format!("f{at:03}")).collect();
    let (pro, free) = (context("bob", Some("pro")), context("bob", Some("free")));
    driver.set_context(1, &pro);
    driver.tell(Input::Start);
    driver.serve();
    driver.come_back();
    driver.serve_one();
    driver.serve_one();
    driver.set_context(2, &free);
    assert_eq!(driver.aborted.len(), 1);
    driver.come_back();
    driver.serve();
    for sent in &driver.sent[driver.sent.len() - 3..] {
        let Kind::Part(_, context) = sent else { panic!("{sent:?}") };
        assert_eq!(context["attributes"]["plan"], "free");
    }
    assert_eq!((driver.read(&free).len(), driver.read(&pro).len()), (250, 0));
}

#[test]
fn values_of_a_former_context_are_served_again_at_once() {
    let mut driver = TestDriver::ready();
    driver.set_context(1, &numbered(1));
    driver.come_back();
    driver.serve();
    driver.pass(5_000);
    driver.set_context(2, &numbered(2));
    driver.set_context(3, &numbered(1));
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    driver.answer(503, "");
    assert_eq!(driver.status().readiness, Readiness::Ready, "the values are still held");
    assert_eq!(driver.value(&numbered(1)), "user-1@1");
    assert_eq!(outcome(&driver, 3), Outcome::Waits, "the command waits for the newest values");
    driver.version = 2;
    driver.come_back();
    driver.serve();
    assert_eq!(
        (outcome(&driver, 3), driver.value(&numbered(1))),
        (Outcome::Ready, "user-1@2".into())
    );
}

#[test]
fn an_empty_key_is_refused_and_changes_nothing() {
    for plan in [None, Some("pro")] {
        for mut driver in [TestDriver::idle(Mode::Once), TestDriver::polling(), TestDriver::ready()]
        {
            let (before, sent) = (driver.status().clone(), driver.sent.len());
            driver.set_context(1, &context("", plan));
            assert_eq!(driver.outcome(1), Some(Err(Problem::EmptyKey)));
            assert_eq!((driver.status(), driver.sent.len()), (&before, sent));
            assert_eq!(driver.session.newest_context(), Some(&Arc::default()));
        }
    }
}
