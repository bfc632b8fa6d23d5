//! The end of a server: signals, the grace period, and health checks meanwhile.
#![cfg(unix)]

use fh_test::wait::wait_until;
use rustix::process::Signal;

use super::{KEY, Serving, WRITER, banner, get, open, until};
use crate::tool::{fh, path};

/// Opens eight streams and waits until each has its features.
fn eight_streams(serving: &Serving) -> Vec<std::net::TcpStream> {
    let stream = |_| {
        let mut stream = open(&serving.url, &format!("/features/{KEY}"), "");
        until(&mut stream, "event: features");
        stream
    };
    (0..8).map(stream).collect()
}

/// Returns true if redb has to check the whole file at the next start. The flag is in the header.
fn has_to_be_checked(data: &str) -> bool {
    std::fs::read(format!("{data}/changes.redb")).unwrap()[9] & 2 != 0
}

#[test]
fn a_stop_closes_the_data_folder() {
    let one: &[Signal] = &[Signal::TERM];
    for (name, signals, is_closed) in
        [("one", one, true), ("two", &[Signal::TERM; 2], true), ("kill", &[Signal::KILL], false)]
    {
        let data = path(&format!("serve-closes-{name}"));
        let state = format!("serve-closes-{name}.yaml");
        let args = ["--data", &data, "--grace", "3600"];
        let mut serving = Serving::of_banner(&state, &args);
        let streams = eight_streams(&serving);
        fh(&["set", &serving.url, WRITER, "BANNER", "changed"]).expect(0);
        assert!(has_to_be_checked(&data), "{name}: it is open");
        if signals.len() == 1 {
            drop(streams);
        }
        for (number, signal) in signals.iter().enumerate() {
            if number > 0 {
                serving.process.line(&["stopping"]);
            }
            serving.process.send(*signal);
        }
        serving.process.end();
        assert_eq!(has_to_be_checked(&data), !is_closed, "{name}");
    }
}

/// Without the second signal, the ends of the streams would be spread over the grace period.
#[test]
fn a_second_signal_ends_it_at_once() {
    let mut serving = Serving::of_banner("serve-twice.yaml", &["--grace", "3600"]);
    let streams = eight_streams(&serving);
    serving.process.interrupt();
    serving.process.line(&["stopping", "streams=8"]);
    serving.process.interrupt();
    let (status, all) = serving.process.end();
    assert!(status.success() && all.contains("second signal"), "{all}");
    drop(streams);
}

/// Load balancers that check readiness send no new clients, while open streams have the grace period to end.
#[test]
fn a_server_that_ends_is_alive_and_not_ready() {
    let mut serving =
        Serving::of_banner("serve-ends.yaml", &["--monitor-port", "0", "--grace", "3600"]);
    let monitor = serving.monitor();
    let streams = eight_streams(&serving);
    assert!(get(&monitor, "/health/readyness").contains("200 OK"));
    serving.process.send(Signal::TERM);
    wait_until("it is not ready", || {
        get(&monitor, "/health/readyness").contains("503 Service Unavailable")
    });
    assert!(get(&monitor, "/health/liveness").contains("200 OK"));
    serving.process.interrupt();
    assert!(serving.process.end().0.success());
    drop(streams);
}

/// Load balancers see that the server is not ready while it still answers the clients that they have sent.
#[test]
fn a_server_that_is_to_end_answers_on_for_a_while() {
    let args = ["--shutdown-delay", "3600", "--grace", "0"];
    let serving = Serving::of_banner("serve-delay.yaml", &args);
    let mut stream = open(&serving.url, &format!("/features/{KEY}"), "");
    until(&mut stream, "event: features");
    assert!(serving.get("/health/readyness").contains("200 OK"));
    serving.process.send(Signal::TERM);
    wait_until("it is not ready", || {
        serving.get("/health/readyness").contains("503 Service Unavailable")
    });
    // New connections, PUT requests and open streams still work.
    fh(&["set", &serving.url, WRITER, "BANNER", "changed"]).expect(0);
    assert_eq!(banner(&serving.url), "changed");
    until(&mut stream, "changed");
    assert!(serving.get("/health/liveness").contains("200 OK"));
    serving.process.interrupt();
    assert!(serving.process.end().0.success());
}
