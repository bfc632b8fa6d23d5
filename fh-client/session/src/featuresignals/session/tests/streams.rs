//! Tests of streams: the polls that they cause, their lifetime, and their refusals.

use super::*;

const UPDATE: &str = "event: flag-update\ndata: {\"action\":\"UPDATE\"}\n\n";

/// Refuses the stream that the session has asked for, or asks for within a minute.
fn refuse(driver: &mut TestDriver, status: u16, kind: &str) {
    await_stream(driver);
    driver.stream_head(&ResponseHead::new(status).header("Content-Type", kind));
}

/// Advances the clock until a stream is in flight, and answers the polls well. Returns the time that passed, in milliseconds.
fn await_stream(driver: &mut TestDriver) -> u64 {
    let begin = driver.now;
    while driver.stream.is_none() {
        driver.serve();
        driver.wait();
    }
    driver.serve();
    driver.now - begin
}

#[test]
fn a_poll_follows_each_connect_each_change_and_each_end() {
    let mut driver = TestDriver::started(Mode::Streaming(EVERY));
    assert_eq!((driver.polls(), driver.streams()), (1, 1));
    driver.serve();
    driver.open_stream();
    assert_eq!((driver.come_back(), driver.polls()), (1_000, 2), "after the connect");
    driver.serve();
    driver.now += 2_000;
    for (text, polls) in [
        ("event: connected\ndata: {}\n\n", 2),
        (": comment\n\nevent: other\ndata:\n\ndata: flag-update\n\n", 2),
        (UPDATE, 3),
        (&UPDATE.repeat(50), 3),
    ] {
        driver.event(text);
        assert_eq!(driver.polls(), polls, "{text}");
    }
    assert_eq!(driver.status().connection, Connection::Streaming);
    driver.version = 2;
    driver.serve();
    assert_eq!((driver.come_back(), driver.polls()), (1_000, 4), "one for all the other changes");
    driver.serve();
    driver.now += 2_000;
    driver.end_stream(End::Broken("reset"));
    assert_eq!(driver.polls(), 5, "after the end");
    driver.serve();
    assert!((100..=1_000).contains(&await_stream(&mut driver)));
    assert_eq!(driver.value(&Arc::default()), "anonymous@2");
}

#[test]
fn changes_lead_to_one_poll_a_second() {
    let mut driver = TestDriver::streaming();
    let (begin, polls) = (driver.now, driver.polls());
    while driver.now < begin + 20_000 {
        driver.event(UPDATE);
        driver.serve();
        driver.pass(100);
    }
    assert!((19..=21).contains(&(driver.polls() - polls)), "{}", driver.polls() - polls);
}

#[test]
fn a_change_during_a_poll_leads_to_another_poll() {
    for change in [UPDATE, ""] {
        let mut driver = TestDriver::streaming();
        driver.event(UPDATE);
        driver.come_back();
        driver.event(change);
        driver.serve();
        let expected = if change.is_empty() { 20_000..=50_000 } else { 0..=1_000 };
        let passed = driver.come_back();
        assert!(expected.contains(&passed), "{passed} ms");
    }
}

#[test]
fn a_change_does_not_shorten_the_delay_of_a_failure() {
    let mut driver = TestDriver::streaming();
    driver.event(UPDATE);
    driver.come_back();
    driver.head(&ResponseHead::new(429).header("Retry-After", "15"));
    driver.end(End::Complete);
    driver.event(UPDATE);
    assert_eq!(driver.come_back(), 15_000);
}

#[test]
fn a_stream_lives_25_seconds_after_its_request() {
    for (before_head, event) in [(0, ""), (5_000, ""), (0, UPDATE)] {
        let mut driver = TestDriver::started(Mode::Streaming(EVERY));
        driver.serve();
        for lives in 1..=20 {
            let sent = driver.now;
            driver.now += before_head;
            driver.open_stream();
            driver.event(event);
            while driver.now < sent + 24_990 {
                driver.serve();
                let deadline = driver.session.deadline().unwrap().as_u64();
                driver.pass(deadline.min(sent + 24_990) - driver.now);
            }
            assert_eq!(driver.streams(), lives);
            driver.pass(10);
            assert_eq!(driver.status().connection, Connection::Streaming, "while it is replaced");
            driver.serve();
            await_stream(&mut driver);
            assert!(driver.now - sent <= 26_000, "{} ms", driver.now - sent);
            assert_eq!((driver.streams(), driver.aborted.len()), (lives + 1, lives));
        }
        assert_eq!((driver.notices.as_slice(), driver.problem()), ([].as_slice(), None));
    }
}

#[test]
fn streams_that_end_early_come_back_with_a_back_off() {
    let mut driver = TestDriver::started(Mode::Streaming(EVERY));
    driver.serve();
    for (least, most) in
        [(100, 1_000), (1_000, 2_000), (2_000, 2_000), (4_000, 4_000), (8_000, 8_000)]
    {
        driver.open_stream();
        driver.end_stream(End::Complete);
        let passed = await_stream(&mut driver);
        assert!((least..=most).contains(&passed), "{passed} ms, not {least} to {most}");
    }
    assert_eq!((driver.notices.as_slice(), driver.problem()), ([].as_slice(), None));
    // A stream that lives to its end has shown that the server is well.
    driver.open_stream();
    while driver.aborted.is_empty() {
        driver.serve();
        driver.wait();
    }
    await_stream(&mut driver);
    driver.open_stream();
    driver.end_stream(End::Complete);
    assert!(await_stream(&mut driver) <= 1_000);
}

#[test]
fn three_refused_streams_leave_only_polls() {
    type Refuses = fn(&mut TestDriver);
    let rows: [(&str, Refuses); 6] = [
        ("404", |driver| refuse(driver, 404, "text/plain")),
        ("500", |driver| refuse(driver, 500, "text/plain")),
        ("a JSON answer", |driver| refuse(driver, 200, "application/json")),
        ("no content type", |driver| refuse(driver, 200, "")),
        ("no head in time", |driver| {
            await_stream(driver);
            while driver.stream.is_some() {
                driver.serve();
                driver.wait();
            }
        }),
        ("an end without a head", |driver| {
            await_stream(driver);
            driver.end_stream(End::Complete);
        }),
    ];
    for (name, refuses) in rows {
        let mut driver = TestDriver::started(Mode::Streaming(EVERY));
        driver.serve();
        for _ in 0..2 {
            refuses(&mut driver);
            assert_eq!((driver.problem(), driver.notices.len()), (None, 0), "{name}");
        }
        refuses(&mut driver);
        assert_eq!(driver.notices, [Notice::StreamsRefused], "{name}");
        assert_eq!(driver.problem(), Some(Problem::NoStreaming), "{name}");
        assert_eq!(driver.status().connection, Connection::Resting, "{name}");
        let polls = driver.polls();
        assert_eq!(await_stream(&mut driver), 600_000, "{name}");
        assert!(driver.polls() - polls >= 12, "{name}: the client polls");
        assert_eq!(driver.problem(), Some(Problem::NoStreaming), "{name}");
        // One more refusal is enough from now on, and is no news.
        refuses(&mut driver);
        assert_eq!(await_stream(&mut driver), 600_000, "{name}");
        assert_eq!(driver.notices.len(), 1, "{name}");
        driver.open_stream();
        driver.serve();
        assert_eq!(driver.problem(), None, "{name}");
        driver.end_stream(End::Complete);
        for _ in 0..3 {
            refuses(&mut driver);
        }
        assert_eq!(driver.notices.len(), 2, "{name}: a stream was open meanwhile");
    }
}

#[test]
fn a_server_that_cannot_be_reached_refuses_no_streams() {
    let mut driver = TestDriver::started(Mode::Streaming(EVERY));
    driver.serve();
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        driver.end_stream(End::Unreached("refused"));
        assert_eq!(await_stream(&mut driver), seconds * 1_000);
    }
    assert_eq!((driver.notices.as_slice(), driver.problem()), ([].as_slice(), None));
}

#[test]
fn a_server_that_was_away_has_refused_no_streams() {
    for status in [401, 503] {
        let mut driver = TestDriver::started(Mode::Streaming(EVERY));
        driver.serve();
        while driver.streams() < 5 || driver.stream.is_some() {
            if driver.poll.is_some() {
                driver.answer(status, "");
            }
            match driver.stream {
                Some(_) => driver.stream_head(&ResponseHead::new(status)),
                None => drop(driver.wait()),
            }
        }
        driver.come_back();
        driver.serve();
        assert_eq!((driver.notices.as_slice(), driver.problem()), ([].as_slice(), None));
        assert!(await_stream(&mut driver) <= 1_000, "{status}");
        for _ in 0..2 {
            refuse(&mut driver, status, "");
        }
        assert_eq!(driver.notices, [], "{status}: two streams are refused since");
    }
}

#[test]
fn a_stream_keeps_the_delay_that_the_server_requests() {
    let mut driver = TestDriver::started(Mode::Streaming(EVERY));
    driver.serve();
    for (seconds, expected) in [("90", 90), ("90", 90), ("3000", 3_000)] {
        driver.stream_head(&ResponseHead::new(503).header("Retry-After", seconds));
        assert_eq!(await_stream(&mut driver), expected * 1_000);
    }
}

#[test]
fn an_endless_event_ends_the_stream() {
    let mut driver = TestDriver::streaming();
    driver.event("data: ");
    for _ in 0..70 {
        if driver.stream.is_some() {
            driver.event(&"x".repeat(1024));
        }
    }
    assert_eq!(driver.aborted.len(), 1);
    assert!(await_stream(&mut driver) <= 1_000);
}

#[test]
fn clients_that_poll_open_no_stream() {
    for mode in [Mode::Polling(EVERY), Mode::Once, Mode::Local, Mode::Offline] {
        let mut driver = TestDriver::started(mode);
        driver.tell(Input::Suspend);
        driver.tell(Input::Resume);
        driver.serve();
        assert_eq!(driver.streams(), 0, "{mode:?}");
    }
}
