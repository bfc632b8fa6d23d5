//! What the head of an answer changes: the interval, and the etag (sdk-behaviour 2.9.3).

use std::time::Duration;

use fh_client::{Attributes, Connection, Readiness, block_on};
use fh_fake_edge::{Behaviour, ENVIRONMENT, FakeEdge, Route};

use super::kinds::json as json_answer;
use super::{
    FEATURE, NEVER, arrives, edge, not_earlier, quick, ready, refresh, seen, served,
    server_evaluated, until,
};

const SHORT: Duration = Duration::from_millis(20);
const SECOND: Duration = Duration::from_secs(1);

fn with_cache_control(value: &str) -> Behaviour {
    Behaviour::new().header("cache-control", value)
}

/// Any position, other words ignored, from the next arming on.
#[test]
fn max_age_replaces_the_interval_of_active_polling() {
    let edge = edge();
    let answer = with_cache_control("bork, bork, max-age=1, sister");
    edge.script(Route::Poll, [Behaviour::healthy(), answer], Behaviour::healthy());
    let _client = ready(quick(&edge).active_polling(SHORT));
    // The last value stays: there is no way back to the configured interval.
    seen(&edge, Route::Poll, 4);
    not_earlier(&edge.recording().gaps(Route::Poll), &[SHORT, SECOND, SECOND]);
}

#[test]
fn max_age_replaces_the_interval_of_passive_polling() {
    let edge = edge();
    edge.script(Route::Poll, [with_cache_control("max-age=1")], Behaviour::healthy());
    let client = ready(quick(&edge).passive_polling(SHORT));
    edge.set_value(FEATURE, "two");
    // Read again and again; the request goes out after a second.
    arrives(&client, "two");
    not_earlier(&edge.recording().gaps(Route::Poll), &[SECOND]);
}

/// A shorter interval is taken over as well, and so no hour is waited for here.
#[test]
fn max_age_makes_a_long_interval_short() {
    let edge = edge();
    edge.cache_control(Some("max-age=1"));
    let _client = ready(quick(&edge).active_polling(NEVER));
    seen(&edge, Route::Poll, 2);
    not_earlier(&edge.recording().gaps(Route::Poll), &[SECOND]);
}

#[test]
fn max_age_of_a_304_counts() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::healthy()], with_cache_control("max-age=1"));
    let _client = ready(quick(&edge).active_polling(SHORT));
    seen(&edge, Route::Poll, 3);
    let recording = edge.recording();
    let statuses: Vec<_> = recording.requests.iter().map(|seen| seen.status).collect();
    assert_eq!(statuses[..2], [Some(200), Some(304)]);
    not_earlier(&recording.gaps(Route::Poll), &[SHORT, SECOND]);
}

/// 236 stops; whoever refreshes afterwards goes on with the interval that it named.
#[test]
fn max_age_of_a_236_counts() {
    let edge = edge();
    let last = with_cache_control("max-age=1").healthy_with_status(236);
    edge.script(Route::Poll, [last], Behaviour::healthy());
    let client = ready(quick(&edge).active_polling(SHORT));
    until(&client, "stale", |status| status.is_stale);
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    seen(&edge, Route::Poll, 3);
    not_earlier(&edge.recording().gaps(Route::Poll)[1..], &[SECOND]);
}

/// `max-age` of an answer that brings nothing does not count.
#[test]
fn max_age_of_a_503_does_not_count() {
    let edge = edge();
    let busy = Behaviour::status(503).header("cache-control", "max-age=3600");
    edge.script(Route::Poll, [Behaviour::healthy(), busy], Behaviour::healthy());
    let _client = ready(quick(&edge).active_polling(SHORT));
    seen(&edge, Route::Poll, 4);
}

/// 0, or none: no busy loop, and no hour either.
#[test]
fn max_age_zero_is_ignored() {
    for value in ["max-age=0", "no-store, max-age=0", "no-cache", "max-age=soon"] {
        let edge = edge();
        edge.cache_control(Some(value));
        let interval = Duration::from_millis(60);
        let _client = ready(quick(&edge).active_polling(interval));
        seen(&edge, Route::Poll, 4);
        not_earlier(&edge.recording().gaps(Route::Poll), &[interval; 3]);
    }
}

/// A day at most (D-75).
#[test]
fn max_age_is_bounded() {
    let edge = edge();
    edge.cache_control(Some("max-age=99999999999999999999"));
    let client = ready(quick(&edge).active_polling(SHORT));
    let status = until(&client, "resting", |status| status.connection == Connection::Resting);
    let day = Duration::from_secs(24 * 3600);
    assert!(status.next_attempt.is_some_and(|next| next <= day && next > day / 2), "{status}");
}

fn etags(edge: &FakeEdge) -> Vec<Option<String>> {
    let sent =
        |seen: &fh_fake_edge::SeenRequest| seen.request.header("if-none-match").map(str::to_owned);
    edge.recording().of(Route::Poll).map(sent).collect()
}

/// None before there is one; then byte for byte, quotes and all; the latest one.
#[test]
fn the_etag_is_echoed() {
    let edge = edge();
    let first = Behaviour::new().header("etag", "\"one;two//0\" odd, bytes");
    let second = Behaviour::new().header("etag", "W/\"weak\"");
    edge.script(Route::Poll, [first, second], Behaviour::healthy());
    let client = ready(quick(&edge).active_polling(NEVER));
    for _ in 0..2 {
        assert_eq!(refresh(&client), Ok(Readiness::Ready));
    }
    let expected = [None, Some("\"one;two//0\" odd, bytes"), Some("W/\"weak\"")];
    assert_eq!(etags(&edge), expected.map(|etag| etag.map(str::to_owned)));
}

/// A 200 without one clears it (D-72).
#[test]
fn the_etag_is_cleared() {
    let edge = edge();
    let plain = json_answer().environments();
    edge.script(Route::Poll, [Behaviour::healthy(), plain], Behaviour::healthy());
    let client = ready(quick(&edge).active_polling(NEVER));
    for _ in 0..2 {
        assert_eq!(refresh(&client), Ok(Readiness::Ready));
    }
    let sent: Vec<bool> = etags(&edge).iter().map(Option::is_some).collect();
    assert_eq!(sent, [false, true, false]);
}

/// It belongs to features that were applied: a body that cannot be read leaves the one before (D-72).
#[test]
fn the_etag_of_an_unreadable_body_is_not_kept() {
    let edge = edge();
    let broken = json_answer().header("etag", "\"broken\"").body("[{");
    edge.script(Route::Poll, [Behaviour::healthy(), broken], Behaviour::healthy());
    let client = ready(quick(&edge).active_polling(NEVER));
    assert!(refresh(&client).is_err());
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    let etags = etags(&edge);
    assert!(etags[1].is_some() && etags[1] == etags[2], "{etags:?}");
}

#[test]
fn the_etag_is_dropped_when_the_context_changes() {
    let edge = edge();
    let client = ready(server_evaluated(&edge).active_polling(NEVER));
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    block_on(client.set_context(Attributes::builder().user_key("fred").build())).unwrap();
    let sent: Vec<bool> = etags(&edge).iter().map(Option::is_some).collect();
    assert_eq!(sent, [false, true, false]);
    assert_eq!(edge.recording().requests.last().unwrap().status, Some(200));
}

#[test]
fn the_etag_is_dropped_when_the_key_changes() {
    let edge = edge();
    let client = ready(quick(&edge).active_polling(NEVER));
    block_on(client.set_api_keys([format!("{}x", edge.client_key())])).unwrap();
    let sent: Vec<bool> = etags(&edge).iter().map(Option::is_some).collect();
    assert_eq!(sent, [false, false]);
}

/// A real Edge would answer with empty lists (D-60).
#[test]
fn no_etag_is_sent_with_several_keys() {
    let edge = edge();
    let another = "0b7f43c2-9a7d-4b10-9a4e-0d3fd1f2f001";
    edge.environment(another);
    let other = edge.client_key().replace(ENVIRONMENT, another);
    let client = ready(quick(&edge).api_key(other).active_polling(NEVER));
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    assert_eq!((etags(&edge), served(&client).as_deref()), (vec![None, None], Some("one")));
}
