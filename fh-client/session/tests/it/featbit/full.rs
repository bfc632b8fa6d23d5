//! Tests of requests for everything.

use super::test_driver::Kind;
use super::*;

const POLLING: Mode = Mode::Polling(Duration::from_secs(30));

/// Returns a client that serves the flag `a` at version 10.
fn ready(mode: Mode, seed: u64, change: impl FnOnce(&mut Config)) -> TestDriver {
    let mut driver = TestDriver::with(mode, seed, |config| {
        config.refused.jitter = 0.0;
        change(config);
    });
    driver.tell(Input::Start);
    answer(&mut driver, &full(&[flag("a", 10, "x")]));
    driver
}

/// Answers the request in flight, and opens its socket first.
fn answer(driver: &mut TestDriver, text: &str) {
    match driver.kind() {
        Kind::Socket if driver.status().connection != Connection::Streaming => {
            driver.open();
            driver.say(text);
        }
        Kind::Socket => driver.say(text),
        _ => driver.answer(200, text),
    }
}

/// Returns true if the client has asked for everything, and waits for it.
fn asks_for_all(driver: &TestDriver) -> bool {
    match driver.kind() {
        Kind::Socket => driver.asked() == 0 && driver.written.len() > 1,
        kind => kind == Kind::Poll(None) && driver.is_waiting(),
    }
}

/// Runs a server that answers everything well and changes nothing. Returns the milliseconds until the client asks for everything.
fn until_full(driver: &mut TestDriver, most: u64) -> Option<u64> {
    let begin = driver.now;
    driver.written = vec![r#"{"messageType":"data-sync","data":{"timestamp":1}}"#.to_string()];
    while driver.now - begin <= most {
        driver.wait();
        if asks_for_all(driver) {
            return Some(driver.now - begin);
        }
        if driver.is_waiting() {
            let is_socket = driver.kind() == Kind::Socket;
            answer(driver, &if is_socket { PONG.to_string() } else { patch(&[]) });
        }
    }
    None
}

#[test]
fn everything_is_requested_from_time_to_time_unless_a_setting_turns_it_off() {
    let hour = 3_600_000;
    for mode in [Mode::Streaming, POLLING] {
        for (flags, mean) in [(1, hour), (2_000, 0)] {
            let flags: Vec<Value> = (0..flags).map(|at| flag(&format!("f{at}"), 10, "x")).collect();
            let text = full(&flags);
            let mean = if mean == 0 { text.len() as u64 * 10 } else { mean };
            assert!(mean >= hour);
            let times: Vec<u64> = (0..20)
                .map(|seed| {
                    let mut driver = ready(mode, seed, |_| {});
                    answer_refresh(&mut driver, &text);
                    until_full(&mut driver, 2 * mean).unwrap()
                })
                .collect();
            let (least, most) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
            // A poll comes up to 30 seconds after its time.
            assert!(
                least >= mean / 2 && most <= mean * 3 / 2 + 31_000,
                "{least} to {most} of {mean}"
            );
            assert!(most - least > mean / 2, "{least} to {most} of {mean}");
        }
        let mut driver = ready(mode, 7, |config| config.full_sync = false);
        assert_eq!(until_full(&mut driver, 10 * hour), None);
    }
}

fn answer_refresh(driver: &mut TestDriver, text: &str) {
    driver.tell(Input::Refresh(CommandId(1)));
    driver.come_back();
    answer(driver, text);
}

#[test]
fn an_equal_full_answer_is_not_compiled_again() {
    let first = full(&[flag("a", 10, "x")]);
    for mode in [Mode::Streaming, POLLING] {
        let mut driver = ready(mode, 7, |_| {});
        answer_refresh(&mut driver, &first);
        assert_eq!(
            (driver.published.len(), driver.status().updated),
            (1, Some(Millis::new(driver.now)))
        );
        driver.pass(1_100);
        // After a patch, the same text gives other flags.
        let newer = patch(&[flag("a", 20, "y")]);
        driver.come_back();
        answer(&mut driver, &newer);
        assert_eq!(driver.value().as_deref(), Some("y"));
        answer_refresh(&mut driver, &first);
        assert_eq!(driver.value().as_deref(), Some("x"));
    }
}

#[test]
fn the_first_message_without_flags_is_noticed_once() {
    for mode in [Mode::Streaming, POLLING] {
        let mut driver = TestDriver::started(mode);
        answer(&mut driver, &full(&[]));
        answer_refresh(&mut driver, &full(&[]));
        assert_eq!(driver.no_flags, 1);
        let mut driver = ready(mode, 7, |_| {});
        answer_refresh(&mut driver, &full(&[]));
        assert_eq!((driver.no_flags, driver.value()), (0, None));
    }
}
