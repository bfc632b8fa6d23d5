//! Streams: a change is seen with its event, and each new stream leads to a poll.

use std::time::Duration;

use fh_client::{Connection, featuresignals};
use fh_test_servers::featuresignals::TestServer;

use super::{builder, server, settings};
use crate::support::{PATIENCE, reads, started, until};

/// Returns the settings of a client that polls only once an hour, unless its stream says otherwise.
fn streaming(server: &TestServer) -> featuresignals::Settings {
    settings(server).interval(Duration::from_secs(3600)).stream(true)
}

#[test]
fn an_event_leads_to_a_poll() {
    let server = server();
    let client = started(builder(streaming(&server)));
    server.wait_for_open_streams(1, PATIENCE).unwrap();
    until(&client, |status| status.connection == Connection::Streaming);
    let stream = server.record().requests_to("/v1/stream/")[0].clone();
    assert_eq!(stream.target, "/v1/stream/production", "the key is in no URL");
    assert_eq!(stream.header("x-api-key"), Some(&*server.environment().server_key()));
    server
        .environment()
        .put_state("new-checkout", r#"{"enabled": true, "default_value": "three"}"#)
        .unwrap();
    reads(&client, "new-checkout", "three");
}

#[test]
fn what_changes_between_two_streams_is_seen_with_the_next_one() {
    let server = server();
    let client = started(builder(streaming(&server)));
    server.wait_for_open_streams(1, PATIENCE).unwrap();
    server.stop();
    server
        .environment()
        .put_state("new-checkout", r#"{"enabled": true, "default_value": "three"}"#)
        .unwrap();
    server.restart().unwrap();
    reads(&client, "new-checkout", "three");
}

/// A server loses the first event on a stream that is older than 30 seconds.
#[test]
fn a_stream_is_replaced_before_the_server_loses_events() {
    let server = server();
    server.set_stream_lifetime(Duration::from_millis(300));
    let client = started(builder(streaming(&server).stream_lifetime(Duration::from_millis(200))));
    server.wait_for(PATIENCE, |record| record.streams.len() > 3).unwrap();
    server
        .environment()
        .put_state("new-checkout", r#"{"enabled": true, "default_value": "three"}"#)
        .unwrap();
    reads(&client, "new-checkout", "three");
    assert!(client.status().problem.is_none());
}
