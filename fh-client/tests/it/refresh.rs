//! Explicit refreshes, new API keys and new headers.

use std::time::Duration;

use fh_client::{Problem, Readiness, SetHeadersError, SetKeysError, Update};
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, Route};

use crate::support::{PATIENCE, builder, soon, started};

const LONG: Duration = Duration::from_secs(3600);

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

#[test]
fn refresh_returns_the_problem_of_the_request() {
    let edge = edge();
    let client = started(builder(&edge).polling(LONG));
    edge.behave_on(Route::Poll, Behaviour::status(503));
    assert_eq!(soon(client.refresh()), Err(Problem::ServerError(503)));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    client.close();
    assert_eq!(soon(client.refresh()), Err(Problem::Closed));
}

#[test]
fn other_keys_bring_other_features() {
    let edge = edge();
    let other = edge.environment("11111111-2222-3333-4444-555555555555");
    other.set_feature(Feature::string("SHAPE", "round"));
    let client = started(builder(&edge));
    let key = format!("{}/other*Secret", other.id());
    soon(client.set_api_keys([&key])).unwrap();
    assert_eq!(client.string("SHAPE").as_deref(), Some("round"));
    assert!(!client.exists("COLOUR"));
    assert_eq!(client.environments(), [other.id().into()]);
    // Several keys cannot be streamed, so the client polls.
    soon(client.set_api_keys([key, edge.client_key()])).unwrap();
    assert_eq!(client.string("SHAPE").as_deref(), Some("round"));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    let mixed = soon(client.set_api_keys([edge.client_key(), edge.server_key()]));
    assert!(matches!(mixed, Err(SetKeysError::Keys(_))), "{mixed:?}");
}

/// A healthy stream stays open. All later requests have the new headers, including test updates.
#[test]
fn other_headers_go_with_every_further_request() {
    let edge = edge();
    let client = started(builder(&edge).header("x-token", "one").header("x-tenant", "blue"));
    let headers = |value: &str| vec![("X-Token".to_string(), value.to_string())];
    let wrong = soon(client.set_headers(headers("two\n")));
    assert_eq!(wrong, Err(SetHeadersError::Header("X-Token".to_string())));
    assert_eq!(soon(client.set_headers(headers("three"))), Ok(Readiness::Ready));
    let seen = |route| {
        let recording = edge.recording();
        let last = recording.of(route).last().map(|seen| seen.request.clone()).unwrap();
        (last.header("x-token").map(str::to_string), last.header("x-tenant").map(str::to_string))
    };
    let text = |text: &str| Some(text.to_string());
    assert_eq!(edge.recording().requests.len(), 1, "the stream goes on");
    assert_eq!(seen(Route::Stream), (text("one"), text("blue")));
    soon(client.test_updates().set("COLOUR", Update::value("blue"))).unwrap();
    assert_eq!(seen(Route::Put), (text("three"), None));
    edge.close_connections(Closing::Rst);
    edge.wait_for_requests(Route::Stream, 2, PATIENCE).unwrap();
    assert_eq!(seen(Route::Stream), (text("three"), None));
    client.close();
    let closed = soon(client.set_headers(headers("four")));
    assert_eq!(closed, Err(SetHeadersError::Edge(Problem::Closed)));
}

#[test]
fn several_keys_are_refused_if_streaming_was_requested() {
    let edge = edge();
    let client = started(builder(&edge).streaming());
    let outcome = soon(client.set_api_keys([edge.client_key(), "e/other*1".to_string()]));
    assert_eq!(outcome, Err(SetKeysError::SeveralKeysStream));
}

/// Features of an environment without a key are removed at once, even while updates are held back, because no key permits them
/// any more.
#[test]
fn features_of_an_environment_without_a_key_leave_while_updates_are_caught() {
    let edge = edge();
    let client = started(builder(&edge).catch_updates());
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    edge.refuse();
    let refused = soon(client.set_api_keys(["another/key*"]));
    assert!(refused.is_err(), "{refused:?}");
    assert!(client.is_catching() && !client.is_holding());
    assert_eq!(client.string("COLOUR"), None);
    client.release();
    assert_eq!(client.string("COLOUR"), None);
}
