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
