//! Tests of the commands of programs in every state of a session.

use super::test_driver::Kind;
use super::*;

/// A state of a session, and a function that brings a session there.
type State = (&'static str, fn() -> TestDriver);

/// The states in which a request is in flight.
const BUSY: [State; 6] = [
    ("connecting a socket", TestDriver::streaming),
    ("an open socket", || {
        let mut driver = TestDriver::streaming();
        driver.open();
        driver
    }),
    ("a synchronised socket", TestDriver::synchronised),
    ("connecting a poll", || TestDriver::started(Mode::Polling(Duration::from_secs(45)))),
    ("fetching", || {
        let mut driver = TestDriver::started(Mode::Polling(Duration::from_secs(45)));
        driver.head(200);
        driver
    }),
    ("asking for the time", || {
        let mut driver = TestDriver::streaming();
        driver.has_dates = false;
        driver.deny();
        assert_eq!(driver.kind(), Kind::Clock);
        driver
    }),
];

/// The states in which the session waits for the time of a request.
const WAITING: [State; 5] = [
    ("waiting after a failure", || {
        let mut driver = TestDriver::streaming();
        driver.end(End::Unreached("refused"));
        driver
    }),
    ("waiting after a drop", || {
        let mut driver = TestDriver::synchronised();
        driver.end(End::Broken("reset"));
        driver
    }),
    ("failed", || {
        let mut driver = TestDriver::streaming();
        driver.deny();
        driver
    }),
    ("resting", || {
        let mut driver = TestDriver::started(Mode::Polling(Duration::from_secs(45)));
        driver.answer(200, FULL);
        driver
    }),
    ("delayed by the limit of the request rate", || {
        let mut driver = TestDriver::streaming();
        driver.wall_off = 3_600_000;
        driver.deny();
        driver.deny();
        driver.tell(Input::Refresh(CommandId(9)));
        assert_eq!(driver.status().connection, Connection::Connecting);
        assert!(!driver.is_waiting());
        driver
    }),
];

const AT_REST: [State; 3] = [
    ("idle", || TestDriver::idle(Mode::Streaming)),
    ("offline", || TestDriver::started(Mode::Offline)),
    ("closed", || {
        let mut driver = TestDriver::streaming();
        driver.tell(Input::Stop);
        driver
    }),
];

fn all() -> impl Iterator<Item = State> {
    BUSY.into_iter().chain(WAITING).chain(AT_REST)
}

/// Lets the server answer well, until the command has an outcome.
fn serve_until_done(driver: &mut TestDriver, command_id: CommandId) -> Result<Readiness, Problem> {
    driver.has_dates = true;
    for _ in 0..10 {
        if let Some((_, outcome)) = driver.settled.iter().find(|(done, _)| *done == command_id) {
            return outcome.clone();
        }
        serve(driver);
    }
    panic!("{command_id:?} has no outcome: {:?}", driver.session);
}

/// Lets the server answer the request in flight well, or advances to the next deadline.
fn serve(driver: &mut TestDriver) {
    match (driver.is_waiting(), driver.status().connection) {
        (false, _) => {
            driver.wait();
        }
        (true, Connection::Streaming) => driver.say(&full(&[flag("a", 10, "x")])),
        (true, _) => match driver.kind() {
            Kind::Socket => driver.open(),
            Kind::Clock => driver.head(200),
            Kind::Poll(_) => {
                driver.head(200);
                driver.say(&full(&[flag("a", 10, "x")]));
                driver.end(End::Complete);
            }
        },
    }
}

#[test]
fn a_refresh_in_every_state_has_one_outcome() {
    for (name, state) in all() {
        let mut driver = state();
        let begin = driver.now;
        driver.tell(Input::Refresh(CommandId(1)));
        let at_once = ["offline", "closed"].contains(&name);
        assert_eq!(driver.settled.iter().any(|(done, _)| *done == CommandId(1)), at_once, "{name}");
        if name == "idle" {
            driver.tell(Input::Start);
        }
        let outcome = serve_until_done(&mut driver, CommandId(1));
        match name {
            "closed" => assert_eq!(outcome, Err(Problem::Closed)),
            // The request for the time shows that the clock is right, so that the secret is wrong.
            "asking for the time" => assert_eq!(outcome, Err(Problem::SecretRefused)),
            _ => assert_eq!(outcome, Ok(Readiness::Ready), "{name}"),
        }
        assert!(driver.now - begin <= 1_000, "{name}: no delay but the limit of the request rate");
        let outcomes = driver.settled.iter().filter(|(done, _)| *done == CommandId(1));
        assert_eq!(outcomes.count(), 1, "{name}");
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
            let has_request = driver.is_waiting();
            driver.tell(Input::Refresh(CommandId(1)));
            driver.tell(Input::Stop);
            assert!(!driver.is_waiting(), "{name}");
            assert!(!has_request || !driver.aborted.is_empty(), "{name}");
            assert_eq!(driver.status().readiness, Readiness::Closed, "{name}");
            assert_eq!(driver.status().connection, Connection::Closed, "{name}");
            let (sent, settled) = (driver.sent.len(), driver.settled.len());
            for input in [Input::Tick, Input::Start, Input::Suspend, Input::Resume, Input::Stop] {
                driver.now += 100_000;
                driver.tell(input);
            }
            driver.tell(Input::Refresh(CommandId(2)));
            driver.tell(Input::Stored {
                source: Source::Store("bootstrap".into()),
                environment: "e".into(),
                features: FULL.as_bytes(),
            });
            assert_eq!((driver.sent.len(), driver.settled.len()), (sent, settled + 1), "{name}");
            assert_eq!(driver.settled.last().unwrap().1, Err(Problem::Closed), "{name}");
            assert_eq!(driver.status().readiness, Readiness::Closed, "{name}");
        }
    }
}

#[test]
fn contexts_change_nothing() {
    let mut driver = TestDriver::synchronised();
    let context = Arc::new(fh_eval::Attributes::builder().user_key("bob").build());
    driver.tell(Input::Context(CommandId(1), Arc::clone(&context)));
    driver.tell(Input::Stop);
    driver.tell(Input::Context(CommandId(2), context));
    let expected = [(CommandId(1), Ok(Readiness::Ready)), (CommandId(2), Err(Problem::Closed))];
    assert_eq!(driver.settled, expected);
}
