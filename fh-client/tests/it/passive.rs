//! Passive polling: a request when a feature is read, at most once per interval (sdk-behaviour 2.9.1, D-71).

use std::time::Duration;

use fh_client::Connection;
use fh_fake_edge::{Behaviour, FakeEdge, Feature, Route};
use fh_test_wait::wait_until;

use crate::support::{PATIENCE, builder, reads, seen, started, until};

#[test]
fn reads_fetch_once_the_interval_is_over() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let client = started(builder(&edge).passive(Duration::from_millis(50)));
    // The client sends no request by itself, and a listener does not count as a read.
    let mut changes = client.changes("COLOUR");
    let status = until(&client, |status| status.connection == Connection::Resting);
    assert_eq!(status.next_attempt, None);
    edge.set_value("COLOUR", "blue");
    assert_eq!(edge.recording().count(Route::Poll), 1);
    // Reads are repeated until the request is answered, because it depends on timing which read comes after the interval.
    wait_until("a read causes a poll", || {
        let _ = client.string("NO_SUCH_FEATURE");
        edge.recording().count(Route::Poll) >= 2
    });
    let change = crate::support::soon(changes.next()).unwrap();
    assert_eq!(change.new.unwrap().to_string(), "blue");
}

#[test]
fn reads_at_the_same_time_share_a_request() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let client = started(builder(&edge).passive(Duration::from_millis(20)));
    edge.set_value("COLOUR", "blue");
    edge.behave_on(Route::Poll, Behaviour::new().wait_for_signal("go").then_healthy());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                wait_until("a read causes a poll", || {
                    let _ = client.string("COLOUR");
                    edge.recording().count(Route::Poll) >= 2
                });
                for _ in 0..1_000 {
                    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
                }
            });
        }
    });
    edge.signal("go");
    reads(&client, "COLOUR", "blue");
    seen(&edge, |seen| seen.in_flight(Route::Poll) == 0);
    assert_eq!(edge.recording().most_in_flight(Route::Poll), 1);
}

#[test]
fn trouble_before_the_first_list_is_retried_without_reads() {
    let edge = FakeEdge::start().unwrap();
    edge.script(
        Route::Poll,
        [Behaviour::status(503), Behaviour::status(500)],
        Behaviour::healthy(),
    );
    let client = builder(&edge).passive(Duration::from_secs(3600)).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(edge.recording().count(Route::Poll), 3);
}
