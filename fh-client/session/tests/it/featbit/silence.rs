//! Tests of the time limits of an open socket, and of its pings.

use super::*;

#[test]
fn a_socket_is_pinged_every_15_seconds() {
    let mut driver = TestDriver::synchronised();
    let begin = driver.now;
    let mut pings = Vec::new();
    driver.written.clear();
    while pings.len() < 5 {
        driver.wait();
        for text in driver.written.drain(..) {
            assert_eq!(text, r#"{"messageType":"ping","data":{}}"#);
            pings.push((driver.now - begin) / 1_000);
        }
        driver.say(PONG);
    }
    assert_eq!(pings, [15, 30, 45, 60, 75]);
    assert_eq!(driver.status().connection, Connection::Streaming);
}

/// What the server sends in a second: a part of a message with so many bytes, a complete message, or nothing.
enum Sends {
    Nothing,
    Part(usize),
    Message(String),
}

/// What the server sends in the second of this number.
type Sending = &'static dyn Fn(u64) -> Sends;

/// A patch of about 5 KB.
fn early() -> String {
    patch(&[flag("a", 20, &"x".repeat(5_000))])
}

#[test]
fn silent_sockets_are_dropped_and_opened_again() {
    use Sends::{Message, Nothing, Part};
    const NO_ANSWER: Stage = Stage::FirstEvent;
    let rows: [(&str, u64, Stage, Sending); 10] = [
        ("nothing", 10, NO_ANSWER, &|_| Nothing),
        ("a pong", 10, NO_ANSWER, &|s| if s == 4 { Message(PONG.into()) } else { Nothing }),
        ("few bytes a second", 10, NO_ANSWER, &|_| Part(1_023)),
        ("many bytes, then nothing", 30, NO_ANSWER, &|s| {
            if s <= 20 { Part(9_000) } else { Nothing }
        }),
        ("enough bytes for 20 seconds", 20, NO_ANSWER, &|s| match s {
            1 => Part(20 * 1_024),
            2..=19 => Part(1),
            _ => Nothing,
        }),
        ("messages that cannot be read", 10, NO_ANSWER, &|_| Message("{".into())),
        // A failure of the server's database: it pushes changes, but does not answer.
        ("patches without an answer", 10, NO_ANSWER, &|_| Message(early())),
        ("large patches without an answer", 10, NO_ANSWER, &|s| {
            if s % 2 == 1 { Part(5_000) } else { Message(early()) }
        }),
        ("an answer, then nothing", 43, Stage::Silence, &|s| {
            if s == 3 { Message(FULL.into()) } else { Nothing }
        }),
        ("parts, then nothing", 91, Stage::Silence, &|s| match s {
            3 => Message(FULL.into()),
            31 | 51 => Part(1),
            _ => Nothing,
        }),
    ];
    for (name, seconds, stage, sends) in rows {
        let mut driver = TestDriver::streaming();
        driver.open();
        let socket = driver.request_id();
        let mut passed = 0;
        while driver.aborted.is_empty() {
            driver.pass(1_000);
            // The session may need several ticks if a ping is due together with a time limit.
            driver.tell(Input::Tick);
            passed += 1;
            if driver.aborted.is_empty() {
                match sends(passed) {
                    Nothing => {}
                    Part(bytes) => driver.tell(Input::Progress { request_id: socket, bytes }),
                    Message(text) => driver.say(&text),
                }
            }
        }
        assert_eq!((driver.aborted[0], passed), (socket, seconds), "{name}");
        assert_eq!(driver.problem(), Some(Problem::TimedOut(stage)), "{name}");
        assert!(driver.come_back() <= 1_000, "{name}");
        driver.open();
    }
}

#[test]
fn a_socket_whose_patches_before_the_answer_exceed_the_limit_is_dropped() {
    let mut driver = TestDriver::with(Mode::Streaming, 7, |config| config.limits.bytes = 12_000);
    driver.tell(Input::Start);
    driver.open();
    let socket = driver.request_id();
    driver.say(&early());
    driver.say(&early());
    assert!(driver.aborted.is_empty());
    driver.say(&early());
    assert_eq!(
        (&*driver.aborted, driver.problem()),
        (&[socket][..], Some(Problem::TooLarge(12_000)))
    );
    driver.come_back();
    driver.synchronise();
}

#[test]
fn a_clock_that_goes_back_is_not_followed() {
    let mut driver = TestDriver::synchronised();
    let (now, deadline) = (driver.now, driver.session.deadline());
    driver.now = 0;
    driver.tell(Input::Tick);
    driver.now = now;
    driver.tell(Input::Tick);
    assert_eq!((driver.session.deadline(), driver.written.len()), (deadline, 1));
}
