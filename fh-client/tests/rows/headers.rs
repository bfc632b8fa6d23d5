//! The effects of an answer's head on the interval and on the etag (sdk-behaviour 2.9.3).

use std::time::Duration;

use fh_client::{Attributes, Connection, Readiness, block_on};
use fh_fake_edge::{Behaviour, FakeEdge, Route};

use super::kinds::json as json_answer;
use super::{
    FEATURE, NEVER, arrives, edge, not_earlier, quick, ready, refresh, seen, server_evaluated,
    until,
};

const SHORT: Duration = Duration::from_millis(20);
const SECOND: Duration = Duration::from_secs(1);

fn with_cache_control(value: &str) -> Behaviour {
    Behaviour::new().header("cache-control", value)
}

/// `max-age` counts at any position, and other words are ignored. It takes effect when the timer is set next.
#[test]
fn max_age_replaces_the_interval_of_active_polling() {
    let edge = edge();
    let answer = with_cache_control("bork, bork, max-age=1, sister");
    edge.script(Route::Poll, [Behaviour::healthy(), answer], Behaviour::healthy());
    let _client = ready(quick(&edge).polling(SHORT));
    seen(&edge, Route::Poll, 3);
    not_earlier(&edge.recording().gaps(Route::Poll), &[SHORT, SECOND]);
}

#[test]
fn max_age_replaces_the_interval_of_passive_polling() {
    let edge = edge();
    edge.script(Route::Poll, [with_cache_control("max-age=1")], Behaviour::healthy());
    let client = ready(quick(&edge).passive(SHORT));
    edge.set_value(FEATURE, "two");
    // The feature is read again and again. The request is sent after a second.
    arrives(&client, "two");
    not_earlier(&edge.recording().gaps(Route::Poll), &[SECOND]);
}

/// A shorter interval takes effect as well, so the test does not wait for an hour.
#[test]
fn max_age_makes_a_long_interval_short() {
    let edge = edge();
    edge.cache_control(Some("max-age=1"));
    let _client = ready(quick(&edge).polling(NEVER));
    seen(&edge, Route::Poll, 2);
    not_earlier(&edge.recording().gaps(Route::Poll), &[SECOND]);
}

#[test]
fn max_age_of_a_304_counts() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::healthy()], with_cache_control("max-age=1"));
    let _client = ready(quick(&edge).polling(SHORT));
    seen(&edge, Route::Poll, 3);
    let recording = edge.recording();
    let statuses: Vec<_> = recording.requests.iter().map(|seen| seen.status).collect();
    assert_eq!(statuses[..2], [Some(200), Some(304)]);
    not_earlier(&recording.gaps(Route::Poll), &[SHORT, SECOND]);
}

/// `max-age` of an answer without features is ignored.
#[test]
fn max_age_of_a_503_does_not_count() {
    let edge = edge();
    let busy = Behaviour::status(503).header("cache-control", "max-age=3600");
    edge.script(Route::Poll, [Behaviour::healthy(), busy], Behaviour::healthy());
    let _client = ready(quick(&edge).polling(SHORT));
    seen(&edge, Route::Poll, 4);
}

/// The interval is at most a day (D-75).
#[test]
fn max_age_is_bounded() {
    let edge = edge();
    edge.cache_control(Some("max-age=99999999999999999999"));
    let client = ready(quick(&edge).polling(SHORT));
    let status = until(&client, "resting", |status| status.connection == Connection::Resting);
    let day = Duration::from_secs(24 * 3600);
    assert!(status.next_attempt.is_some_and(|next| next <= day && next > day / 2), "{status}");
}

fn etags(edge: &FakeEdge) -> Vec<Option<String>> {
    let sent =
        |seen: &fh_fake_edge::SeenRequest| seen.request.header("if-none-match").map(str::to_owned);
    edge.recording().of(Route::Poll).map(sent).collect()
}

/// A 200 without an etag clears the stored one (D-72).
#[test]
fn the_etag_is_cleared() {
    let edge = edge();
    let plain = json_answer().environments();
    edge.script(Route::Poll, [Behaviour::healthy(), plain], Behaviour::healthy());
    let client = ready(quick(&edge).polling(NEVER));
    for _ in 0..2 {
        assert_eq!(refresh(&client), Ok(Readiness::Ready));
    }
    let sent: Vec<bool> = etags(&edge).iter().map(Option::is_some).collect();
    assert_eq!(sent, [false, true, false]);
}

/// The etag belongs to features that were applied. After a body that cannot be read, the client keeps the etag before it (D-72).
#[test]
fn the_etag_of_an_unreadable_body_is_not_kept() {
    let edge = edge();
    let broken = json_answer().header("etag", "\"broken\"").body("[{");
    edge.script(Route::Poll, [Behaviour::healthy(), broken], Behaviour::healthy());
    let client = ready(quick(&edge).polling(NEVER));
    assert!(refresh(&client).is_err());
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    let etags = etags(&edge);
    assert!(etags[1].is_some() && etags[1] == etags[2], "{etags:?}");
}

#[test]
fn the_etag_is_dropped_when_the_context_changes() {
    let edge = edge();
    let client = ready(server_evaluated(&edge).polling(NEVER));
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    block_on(client.set_context(Attributes::builder().user_key("fred").build())).unwrap();
    let sent: Vec<bool> = etags(&edge).iter().map(Option::is_some).collect();
    assert_eq!(sent, [false, true, false]);
    assert_eq!(edge.recording().requests.last().unwrap().status, Some(200));
}

#[test]
fn the_etag_is_dropped_when_the_key_changes() {
    let edge = edge();
    let client = ready(quick(&edge).polling(NEVER));
    block_on(client.set_api_keys([format!("{}x", edge.client_key())])).unwrap();
    let sent: Vec<bool> = etags(&edge).iter().map(Option::is_some).collect();
    assert_eq!(sent, [false, false]);
}
