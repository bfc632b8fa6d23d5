//! Tests of the commands of programs in every state of a session.

use super::*;

/// A state of a session, and a function that brings a session there.
type State = (&'static str, fn() -> TestDriver);

const RUNNING: [State; 11] = [
    ("the first poll", TestDriver::polling),
    ("the first poll and a stream", || TestDriver::started(Mode::Streaming(EVERY))),
    ("a body", || {
        let mut driver = TestDriver::polling();
        driver.head(&ResponseHead::new(200));
        driver
    }),
    ("between two parts", || {
        let mut driver =
            TestDriver::with(Mode::Polling(EVERY), |config| config.reasons = Reasons::Always);
        driver.tell(Input::Start);
        driver.serve_one();
        driver
    }),
    ("resting", TestDriver::ready),
    ("an open stream", TestDriver::streaming),
    ("an open stream and a poll", || {
        let mut driver = TestDriver::streaming();
        driver.event("event: flag-update\ndata:\n\n");
        driver.come_back();
        driver
    }),
    ("waiting after a failure", || {
        let mut driver = TestDriver::polling();
        driver.answer(500, "");
        driver
    }),
    ("failed", || {
        let mut driver = TestDriver::polling();
        driver.answer(401, "");
        driver
    }),
    ("done", || {
        let mut driver = TestDriver::started(Mode::Once);
        driver.serve();
        driver
    }),
    ("delayed by the limit of the request rate", || {
        let mut driver = TestDriver::started(Mode::Streaming(EVERY));
        driver.serve();
        driver.tell(Input::Refresh(CommandId(99)));
        assert_eq!((driver.status().connection, driver.poll), (Connection::Connecting, None));
        driver
    }),
];

const AT_REST: [State; 4] = [
    ("idle", || TestDriver::idle(Mode::Streaming(EVERY))),
    ("local", || TestDriver::started(Mode::Local)),
    ("offline", || TestDriver::started(Mode::Offline)),
    ("closed", || {
        let mut driver = TestDriver::ready();
        driver.tell(Input::Stop);
        driver
    }),
];

fn all() -> impl Iterator<Item = State> {
    RUNNING.into_iter().chain(AT_REST)
}

/// Lets the server answer well until the command has an outcome.
fn serve_until_done(driver: &mut TestDriver, number: u64) -> Result<Readiness, Problem> {
    for _ in 0..10 {
        if let Some(outcome) = driver.outcome(number) {
            return outcome;
        }
        match driver.poll {
            Some(_) => driver.serve(),
            None => drop(driver.wait()),
        }
    }
    panic!("no outcome: {:?}", driver.session);
}

#[test]
fn a_refresh_or_a_context_in_every_state_has_one_outcome() {
    for (name, state) in all() {
        for is_context in [false, true] {
            for is_suspended in [false, true] {
                let mut driver = state();
                if is_suspended {
                    driver.tell(Input::Suspend);
                }
                let begin = driver.now;
                let bob = context("bob", None);
                if is_context {
                    driver.set_context(1, &bob);
                } else {
                    driver.tell(Input::Refresh(CommandId(1)));
                }
                let at_once = ["local", "offline", "closed"].contains(&name);
                assert_eq!(driver.outcome(1).is_some(), at_once, "{name}");
                if name == "idle" {
                    driver.tell(Input::Start);
                }
                let expected = match name {
                    "closed" => Err(Problem::Closed),
                    "local" => Ok(Readiness::NotReady),
                    _ => Ok(Readiness::Ready),
                };
                assert_eq!(serve_until_done(&mut driver, 1), expected, "{name} {is_context}");
                assert!(driver.now - begin <= 1_000, "{name}: only the request rate delays");
                if is_context && !at_once {
                    assert_eq!(driver.value(&bob), "bob@1", "{name}");
                }
                if is_suspended && !at_once && name != "done" {
                    assert_eq!(driver.status().connection, Connection::Suspended, "{name}");
                    let sent = driver.sent.len();
                    driver.pass(3_600_000);
                    assert_eq!(driver.sent.len(), sent, "{name}");
                }
            }
        }
    }
}

#[test]
fn a_stop_in_every_state_ends_everything() {
    for (name, state) in all() {
        for is_suspended in [false, true] {
            let mut driver = state();
            if is_suspended {
                driver.tell(Input::Suspend);
            }
            driver.tell(Input::Refresh(CommandId(1)));
            driver.set_context(2, &context("bob", None));
            driver.set_context(3, &context("carol", None));
            driver.set_context(4, &context("dave", None));
            driver.tell(Input::Stop);
            assert_eq!((driver.poll, driver.stream), (None, None), "{name}");
            assert_eq!(driver.status().readiness, Readiness::Closed, "{name}");
            assert!((1..=4).all(|number| driver.outcome(number).is_some()), "{name}");
            let (sent, published) = (driver.sent.len(), driver.published.len());
            for input in [Input::Tick, Input::Start, Input::Suspend, Input::Resume, Input::Stop] {
                driver.now += 100_000;
                driver.tell(input);
            }
            driver.tell(Input::Refresh(CommandId(5)));
            driver.set_context(6, &context("bob", None));
            let (source, environment) = (Source::Store("store".into()), "e".into());
            driver.tell(Input::Stored { source, environment, features: br#"{"flags":{}}"# });
            let closed = Some(Err(Problem::Closed));
            assert_eq!((driver.outcome(5), driver.outcome(6)), (closed.clone(), closed), "{name}");
            assert_eq!((driver.sent.len(), driver.published.len()), (sent, published), "{name}");
        }
    }
}

#[test]
fn a_suspended_client_sends_nothing_until_it_is_resumed() {
    for (name, state) in RUNNING {
        let mut driver = state();
        let (before, published) = (driver.status().readiness, driver.published.len());
        driver.tell(Input::Suspend);
        if driver.status().connection == Connection::Connecting {
            assert_eq!(name, RUNNING[10].0, "only a command needs a poll");
            assert_eq!(serve_until_done(&mut driver, 99), Ok(Readiness::Ready));
        }
        assert_eq!((driver.poll, driver.stream), (None, None), "{name}");
        assert_eq!((driver.status().readiness, driver.published.len()), (before, published));
        let sent = driver.sent.len();
        driver.pass(3_600_000);
        assert_eq!((driver.sent.len(), driver.session.deadline()), (sent, None), "{name}");
        driver.tell(Input::Resume);
        assert_eq!(driver.poll.is_some(), name != "done", "{name}: every delay has passed");
        let streams = name.contains("stream") || name == RUNNING[10].0;
        assert_eq!(driver.stream.is_some(), streams, "{name}");
        driver.serve();
        assert_eq!(
            (driver.status().readiness, driver.problem()),
            (Readiness::Ready, None),
            "{name}"
        );
    }
}
