//! A proxy between the two Edges that holds streams back and passes polls on.

use std::time::Duration;

use fh_client::{Connection, Problem};
use fh_edge::origin::relay::{RelayKeys, RelayOptions};
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Route};

use crate::stream::Stream;
use crate::support::{Relay, options, wait_until_async};

/// An Edge whose streams are held back. Its polls ask for an interval of a second.
fn upstream(streams: Behaviour) -> FakeEdge {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("COLOUR", "red"));
    upstream.behave_on(Route::Stream, streams);
    let polls = Behaviour::new().header("cache-control", "max-age=1").then_healthy();
    upstream.behave_on(Route::Poll, polls);
    upstream
}

fn keys(upstream: &FakeEdge, limit: Duration) -> RelayOptions {
    options(&upstream.url())
        .keys(RelayKeys::client(upstream.client_key()).named("web"))
        .keys(RelayKeys::server(upstream.server_key()))
        .configure(move |config| {
            config.limits.held_back = limit;
            config.limits.head = limit;
            config.stream_again_after = Duration::from_secs(3_600);
        })
}

async fn connected(relay: &Relay) -> bool {
    let text = relay.get("/metrics").await.body;
    let of_web = |line: &str| {
        line.starts_with("fh_edge_upstream_connected{") && line.contains("name=\"web\"")
    };
    let line = text.lines().find(|line| of_web(line)).unwrap_or_else(|| panic!("{text}"));
    line.ends_with(" 1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_polls_while_its_streams_are_held_back() {
    for (name, streams) in [
        ("head only", Behaviour::sse().hang()),
        ("each piece until the next", Behaviour::sse().ack().hang()),
        ("all until 16 KiB", Behaviour::silence()),
    ] {
        let upstream = upstream(streams);
        let relay = Relay::ready(keys(&upstream, Duration::from_millis(300))).await;
        let (client_key, server_key) = (upstream.client_key(), upstream.server_key());
        let mut stream = Stream::open(relay.address, &client_key, "").await;
        assert_eq!(stream.until("features").await.json()[0]["value"], "red", "{name}");
        // A connection for a context falls back by itself. Its poll may be answered with 503 until then.
        let answered =
            || async { relay.feature(&server_key, "userkey=fred", "COLOUR").await.is_some() };
        wait_until_async(name, answered).await;
        assert!(connected(&relay).await, "{name}");
        let first = relay.handle.upstreams().remove(0).client.unwrap();
        assert_eq!(first.problem, Some(Problem::HeldBack), "{name}");

        upstream.set_value("COLOUR", "blue");
        assert_eq!(stream.next().await.unwrap().json()["value"], "blue", "{name}");
        let changed = || async {
            let feature = relay.feature(&server_key, "userkey=fred", "COLOUR").await;
            feature.is_some_and(|feature| feature["value"] == "blue")
        };
        wait_until_async(name, changed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_sends_nothing_does_not_count_as_connected() {
    let upstream = upstream(Behaviour::sse().hang());
    let relay = Relay::start(keys(&upstream, Duration::from_secs(600))).await;
    let is_open = || async {
        let client = relay.handle.upstreams().remove(0).client;
        client.is_some_and(|client| client.connection == Connection::Streaming)
    };
    wait_until_async("an open stream", is_open).await;
    assert!(!connected(&relay).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_polls_opens_no_stream() {
    let upstream = upstream(Behaviour::healthy());
    let options = keys(&upstream, Duration::from_secs(60)).polling(Duration::from_secs(60));
    let relay = Relay::ready(options).await;
    assert!(relay.feature(&upstream.server_key(), "userkey=fred", "COLOUR").await.is_some());
    assert!(connected(&relay).await);
    upstream.set_value("COLOUR", "blue");
    // The interval of the upstream Edge takes the place of the relay's.
    let changed = || async {
        let feature = relay.feature(&upstream.client_key(), "", "COLOUR").await;
        feature.is_some_and(|feature| feature["value"] == "blue")
    };
    wait_until_async("the change", changed).await;
    assert_eq!(upstream.recording().count(Route::Stream), 0);
}
