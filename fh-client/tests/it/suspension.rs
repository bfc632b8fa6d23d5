//! Suspended clients: no connection, the features as they were, and one poll for each command (D-124).

use std::time::Duration;

use fh_client::{Client, Connection, Problem, Readiness};
use fh_fake_edge::{Behaviour, FakeEdge, Feature, Route};

use crate::support::{builder, reads, seen, soon, started, until};

/// An interval that passes in no test.
const LONG: Duration = Duration::from_secs(3600);

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

fn suspended(client: &Client) {
    client.suspend();
    let status = until(client, |status| status.connection == Connection::Suspended);
    assert_eq!((status.readiness, status.next_attempt), (Readiness::Ready, None));
}

#[test]
fn a_stream_ends_and_the_resumption_opens_another_one() {
    let edge = edge();
    let client = started(builder(&edge));
    suspended(&client);
    seen(&edge, |seen| seen.in_flight(Route::Stream) == 0);
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    edge.set_value("COLOUR", "blue");
    client.suspend();
    assert_eq!(edge.recording().requests.len(), 1, "a second suspension has no effect");
    client.resume();
    reads(&client, "COLOUR", "blue");
    assert_eq!(edge.recording().count(Route::Stream), 2);
    client.resume();
    until(&client, |status| status.connection == Connection::Streaming);
}

#[test]
fn each_command_of_a_suspended_client_sends_one_poll() {
    let edge = edge();
    let client = started(builder(&edge));
    suspended(&client);
    edge.set_value("COLOUR", "blue");
    assert_eq!(soon(client.refresh()), Ok(Readiness::Ready));
    assert_eq!(client.string("COLOUR").as_deref(), Some("blue"));
    edge.behave_on(Route::Poll, Behaviour::status(503));
    assert_eq!(soon(client.refresh()), Err(Problem::ServerError(503)));
    edge.behave_on(Route::Poll, Behaviour::new().then_healthy());
    edge.set_value("COLOUR", "green");
    soon(client.set_api_keys([edge.server_key()])).unwrap();
    soon(client.set_headers(Vec::new())).unwrap();
    let recording = edge.recording();
    assert_eq!((recording.count(Route::Poll), recording.count(Route::Stream)), (4, 1));
    assert_eq!(client.status().connection, Connection::Suspended);
}

#[test]
fn a_client_may_be_suspended_before_its_first_request_is_answered() {
    let edge = edge();
    edge.behave_on(Route::Poll, Behaviour::new().wait_for_signal("never"));
    let client = builder(&edge).polling(LONG).start().unwrap();
    seen(&edge, |seen| seen.count(Route::Poll) == 1);
    client.suspend();
    until(&client, |status| status.connection == Connection::Suspended);
    assert_eq!(client.readiness(), Readiness::NotReady);
    edge.behave_on(Route::Poll, Behaviour::new().then_healthy());
    client.resume();
    soon(client.ready()).unwrap();
}

#[test]
fn a_closed_client_stays_closed() {
    let edge = edge();
    let client = started(builder(&edge));
    client.suspend();
    client.close();
    client.resume();
    soon(client.closed());
    assert_eq!(client.status().connection, Connection::Closed);
    assert_eq!(edge.recording().requests.len(), 1);
}
