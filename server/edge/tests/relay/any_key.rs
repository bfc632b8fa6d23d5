//! Keys that are not configured.

use std::num::NonZeroUsize;
use std::time::Duration;

use fh_edge::Options;
use fh_edge::origin::relay::{RelayKeys, RelayLimits, RelayOptions, UpstreamRole};
use fh_test_servers::featurehub::{ENVIRONMENT, FakeEdge, Feature, Permission};

use crate::stream::Stream;
use crate::support::{Relay, options, options_for, seen, wait_until_async};

/// Starts an upstream Edge that knows two keys.
fn upstream() -> FakeEdge {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("COLOUR", "red"));
    upstream.only_allowed_keys();
    for key in [upstream.client_key(), upstream.server_key()] {
        upstream.allow(&key, &[Permission::Read]);
    }
    upstream
}

fn any(upstream: &FakeEdge, most: usize) -> RelayOptions {
    options(&upstream.url()).allow_any_key(NonZeroUsize::new(most).unwrap())
}

fn key(secret: &str) -> String {
    format!("{ENVIRONMENT}/{secret}")
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_keys_are_refused_without_a_request_upstream() {
    let upstream = upstream();
    let relay = Relay::ready(options_for(&upstream)).await;
    let asked = upstream.recording().requests.len();
    for unknown in [key("other*key"), key("other-key"), "nonsense".to_string()] {
        assert_eq!(relay.poll(&unknown).await.status, 404);
    }
    let mut stream = Stream::open(relay.address, &key("other*key"), "").await;
    assert_eq!(stream.next().await.unwrap().name, "failure");
    assert_eq!(upstream.recording().requests.len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_upstream_knows_is_relayed() {
    let upstream = upstream();
    let relay = Relay::ready(any(&upstream, 10)).await;
    let (client_key, server_key) = (upstream.client_key(), upstream.server_key());
    // Many polls at once cause one request upstream.
    let polls: Vec<_> = (0..20)
        .map(|_| {
            let (address, path) = (relay.address, format!("/features?apiKey={client_key}"));
            tokio::spawn(async move { crate::http::request(address, "GET", &path, &[], "").await })
        })
        .collect();
    for poll in polls {
        assert_eq!(poll.await.unwrap().json()[0]["features"][0]["value"], "red");
    }
    assert_eq!(upstream.recording().requests.len(), 1);
    let mut stream = Stream::open(relay.address, &client_key, "userkey=fred").await;
    let mut server = Stream::open(relay.address, &server_key, "userkey=fred").await;
    for stream in [&mut stream, &mut server] {
        assert_eq!(stream.until("features").await.json()[0]["value"], "red");
    }
    upstream.set_value("COLOUR", "blue");
    for stream in [&mut stream, &mut server] {
        assert_eq!(stream.next().await.unwrap().json()["value"], "blue");
    }
    assert!(relay.handle.upstreams().iter().all(|each| each.role == UpstreamRole::AnyKey));
    assert_eq!(upstream.recording().live_streams(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_upstream_does_not_know_is_remembered_for_some_time() {
    let upstream = upstream();
    let relay = Relay::ready(any(&upstream, 10)).await;
    for _ in 0..5 {
        assert_eq!(relay.poll(&key("wrong*key")).await.status, 404);
        assert_eq!(relay.poll_for(&key("wrong-key"), "userkey=fred").await.status, 404);
        assert_eq!(relay.poll_for(&key("wrong-key"), "userkey=mara").await.status, 404);
        let mut stream = Stream::open(relay.address, &key("wrong*key"), "").await;
        assert_eq!(stream.next().await.unwrap().name, "failure");
    }
    assert_eq!(upstream.recording().requests.len(), 2);
    assert!(relay.handle.upstreams().is_empty());

    let mut limits = RelayLimits::default();
    limits.refused_for = Duration::ZERO;
    let relay = Relay::ready(any(&upstream, 10).limits(limits)).await;
    assert_eq!(relay.poll(&key("new*key")).await.status, 404);
    upstream.allow(&key("new*key"), &[Permission::Read]);
    assert_eq!(relay.poll(&key("new*key")).await.status, 200);
}

/// A configured key has a connection of its own, which retries by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_configured_key_does_not_count_as_an_unconfigured_one() {
    let upstream = upstream();
    upstream.forget_key(&upstream.client_key());
    let minute = Duration::from_secs(60);
    let options = options_for(&upstream).configure(move |config| {
        (config.refused.initial, config.refused.cap) = (minute, minute);
    });
    let relay = Relay::ready(options.allow_any_key(NonZeroUsize::MIN)).await;
    for key in [upstream.client_key(), upstream.server_key()] {
        assert_eq!(relay.poll(&key).await.status, 404);
    }
    assert_eq!(upstream.recording().requests.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_keys_are_not_tried_upstream() {
    let upstream = upstream();
    let relay = Relay::ready(any(&upstream, 10)).await;
    for secret in ["..", ".", "a%20b", "a%2Fb", "a%3Fb", "a%22", &"x".repeat(401)] {
        assert_eq!(relay.poll(&key(secret)).await.status, 404, "{secret}");
    }
    for secret in ["%2e%2e", "a%2Fb", "a%3Fb", "a%23b"] {
        let mut stream = Stream::open(relay.address, &key(secret), "").await;
        assert_eq!(stream.next().await.unwrap().name, "failure", "{secret}");
    }
    assert_eq!(upstream.recording().requests.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn unconfigured_keys_are_limited_and_evict_no_key_in_use() {
    let upstream = upstream();
    let mut limits = RelayLimits::default();
    limits.idle = Duration::from_millis(100);
    let relay = Relay::ready(any(&upstream, 1).limits(limits)).await;
    let client_key = upstream.client_key();
    let mut known = Stream::open(relay.address, &client_key, "").await;
    known.until("features").await;
    for number in 0..5 {
        assert_eq!(relay.poll(&key(&format!("wrong*{number}"))).await.status, 429);
    }
    // Only a request upstream shows whether a key is unknown.
    let mut wrong = Stream::open(relay.address, &key("wrong*key"), "").await;
    // Keys get a connection in the order of arrival, so this stream must be waiting before the next one.
    assert_eq!(wrong.any().await.unwrap().name, "ack");
    let mut right = Stream::open(relay.address, &upstream.server_key(), "").await;
    assert_eq!(right.any().await.unwrap().name, "ack");
    assert_eq!(relay.poll(&upstream.server_key()).await.status, 429);
    assert_eq!(upstream.recording().requests.len(), 1);
    assert_eq!(relay.poll(&client_key).await.status, 200);
    // When the first key is no longer used, the waiting keys get its connection, one after the other.
    drop(known);
    assert_eq!(wrong.next().await.unwrap().name, "failure");
    assert_eq!(right.until("features").await.json()[0]["value"], "red");
    seen(&upstream, |recording| recording.live_streams() == 1);
}

/// While the upstream Edge is unreachable no key is verified, and each unconfigured key makes room for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn unconfigured_keys_while_upstream_is_unreachable() {
    let upstream = upstream();
    upstream.refuse();
    let mut limits = RelayLimits::default();
    limits.first_answer = Duration::from_millis(20);
    let relay = Relay::ready(any(&upstream, 2).limits(limits)).await;
    for number in 0..4 {
        let wrong = key(&format!("wrong*{number}"));
        wait_until_async("its attempt", || async { relay.poll(&wrong).await.status == 503 }).await;
    }
    assert_eq!(relay.handle.upstreams().len(), 2);
    let mut stream = Stream::open(relay.address, &upstream.client_key(), "").await;
    upstream.listen_again().unwrap();
    assert_eq!(stream.until("features").await.json()[0]["value"], "red");
    wait_until_async("one connection", || async { relay.handle.upstreams().len() == 1 }).await;
}

/// A client that tries many keys cannot make the relay try all of them upstream.
#[tokio::test(flavor = "multi_thread")]
async fn new_unconfigured_keys_are_limited_per_second() {
    let upstream = upstream();
    let relay = Relay::ready(any(&upstream, 1)).await;
    let mut tried = 0;
    for number in 0..200 {
        let status = relay.poll(&key(&format!("wrong*{number}"))).await.status;
        tried += usize::from(status == 404);
        assert!([404, 429].contains(&status), "{status}");
    }
    assert!((1..100).contains(&tried), "{tried}");
    assert_eq!(upstream.recording().requests.len(), tried);
    // A valid key is served later.
    let mut stream = Stream::open(relay.address, &upstream.client_key(), "").await;
    assert_eq!(stream.until("features").await.json()[0]["value"], "red");
    let known = || async { relay.poll_for(&upstream.client_key(), "").await.status == 200 };
    wait_until_async("a poll", known).await;
}

/// The longest durations cause no overflow.
#[tokio::test(flavor = "multi_thread")]
async fn the_longest_durations() {
    let upstream = upstream();
    let mut limits = RelayLimits::default();
    limits.idle = Duration::MAX;
    limits.first_answer = Duration::MAX;
    limits.refused_for = Duration::MAX;
    limits.stale_for = Duration::MAX;
    let relay = Relay::ready(any(&upstream, 10).limits(limits)).await;
    for _ in 0..2 {
        assert_eq!(relay.poll(&key("wrong*key")).await.status, 404);
        assert_eq!(relay.poll(&upstream.server_key()).await.status, 200);
    }
    assert_eq!(upstream.recording().requests.len(), 2);
}

/// All invalid keys of one address share one limit, so a new key for each request does not help. Valid keys have a limit each.
#[tokio::test(flavor = "multi_thread")]
async fn invalid_keys_of_one_address_count_together() {
    let upstream = upstream();
    let mut limit = Options::default();
    limit.requests_per_second_per_address = Some(1);
    let relay = Relay::start_with_addresses(any(&upstream, 1_000), limit).await;
    let mut tried = 0;
    let made_up = loop {
        tried += 1;
        let reply = relay.poll(&key(&format!("made-up-{tried}*"))).await;
        if reply.status == 429 || tried == 200 {
            break reply;
        }
        assert_eq!(reply.status, 404);
    };
    assert_eq!((made_up.status, made_up.header("retry-after")), (429, Some("1")));
    assert_eq!(upstream.recording().requests.len(), tried - 1, "a refused key is not tried");
}

/// A key that is no longer configured counts as any other key. If the upstream Edge refuses it, it is unknown at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_no_longer_configured_is_not_verified() {
    let upstream = upstream();
    let mut limits = RelayLimits::default();
    limits.first_answer = Duration::from_secs(3);
    let server = upstream.server_key();
    let options = any(&upstream, 10).keys(RelayKeys::server(&*server)).limits(limits);
    let relay = Relay::ready(options).await;
    assert_eq!(relay.poll_for(&server, "userkey=fred").await.status, 200);
    relay.handle.set_relay_keys(&[]).unwrap();
    wait_until_async("the key is removed", || async { relay.handle.upstreams().is_empty() }).await;
    upstream.forget_key(&server);
    assert_eq!(relay.poll_for(&server, "userkey=fred").await.status, 404);
}

/// At its end, a relay closes all connections to the upstream Edge. The last features are still served.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_closes_the_connections_that_were_made_on_demand() {
    let upstream = upstream();
    let (any_key, alone) = (upstream.client_key(), upstream.server_key());
    let relay = Relay::ready(any(&upstream, 10).keys(RelayKeys::server(&*alone))).await;
    for key in [&any_key, &alone] {
        assert_eq!(relay.poll_for(key, "userkey=fred").await.status, 200);
    }
    seen(&upstream, |seen| seen.live_streams() == 2);
    relay.handle.say_bye(Duration::ZERO).await;
    seen(&upstream, |seen| seen.live_streams() == 0);
    for key in [&any_key, &alone] {
        assert_eq!(relay.poll_for(key, "userkey=fred").await.status, 200);
    }
    // No later request opens a connection.
    let before = upstream.recording().requests.len();
    assert_eq!(relay.poll_for(&alone, "userkey=mara").await.status, 429);
    let mut stream = Stream::open(relay.address, &alone, "userkey=sue").await;
    stream.until("bye").await;
    assert_eq!(upstream.recording().requests.len(), before);
}
