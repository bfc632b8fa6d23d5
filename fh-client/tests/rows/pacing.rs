//! The client sends at most two requests within the pace, whether the Edge, a proxy or the program causes them (D-64).

use std::time::Duration;

use fh_client::{Attributes, Client, block_on};
use fh_fake_edge::{Behaviour, FakeEdge, RedirectTo, Route};
use fh_test_wait::Lateness;

use super::pace::breach;
use super::{edge, quick, refresh, seen, server_evaluated};

const PACE: Duration = Duration::from_millis(200);

/// Starts a client with the shortest possible delays. Only the pace is not shortened.
fn hasty(builder: fh_client::ClientBuilder) -> Client {
    let builder = builder.configure(|config| {
        config.pace = PACE;
        config.backoff.initial = Duration::ZERO;
        config.backoff.cap = Duration::ZERO;
        config.return_within = Duration::ZERO..=Duration::ZERO;
    });
    builder.start().unwrap()
}

fn within_pace(edge: &FakeEdge, lateness: &Lateness) {
    let recording = edge.recording();
    let first = recording.requests[0].request.at;
    let times: Vec<Duration> = recording
        .requests
        .iter()
        .map(|seen| seen.request.at.saturating_duration_since(first))
        .collect();
    assert_eq!(breach(&times, PACE, lateness.slack()), None, "{times:?}");
}

#[test]
fn bye_loops_keep_the_pace() {
    let lateness = Lateness::watch();
    let edge = edge();
    edge.behave_on(Route::Stream, Behaviour::sse().ack().features().bye());
    let _client = hasty(quick(&edge).streaming());
    seen(&edge, Route::Stream, 7);
    within_pace(&edge, &lateness);
}

#[test]
fn redirect_hops_keep_the_pace() {
    let lateness = Lateness::watch();
    let edge = edge();
    edge.behave(Behaviour::redirect(302, RedirectTo::Itself));
    let _client = hasty(quick(&edge).streaming());
    seen(&edge, Route::Stream, 7);
    within_pace(&edge, &lateness);
}

#[test]
fn polls_keep_the_pace() {
    let lateness = Lateness::watch();
    let edge = edge();
    let _client = hasty(quick(&edge).polling(Duration::from_millis(1)));
    seen(&edge, Route::Poll, 7);
    within_pace(&edge, &lateness);
}

#[test]
fn a_program_that_keeps_asking_keeps_the_pace() {
    let lateness = Lateness::watch();
    let edge = edge();
    edge.behave(Behaviour::status(503));
    let client = hasty(quick(&edge).polling(Duration::from_secs(3600)));
    while edge.recording().count(Route::Poll) < 7 {
        assert!(refresh(&client).is_err());
    }
    within_pace(&edge, &lateness);
}

#[test]
fn a_program_that_keeps_changing_its_context_keeps_the_pace() {
    let lateness = Lateness::watch();
    let edge = edge();
    let client = hasty(server_evaluated(&edge).streaming());
    for user in 0..6 {
        let attributes = Attributes::builder().user_key(user.to_string()).build();
        block_on(client.set_context(attributes)).unwrap();
    }
    assert!(edge.recording().count(Route::Stream) >= 6);
    within_pace(&edge, &lateness);
}
