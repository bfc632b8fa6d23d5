//! Keys that the upstream Edge accepted once, and refuses now (D-116). The tests control the clock of the relay.

use std::time::Duration;

use fh_edge::internal::with_clock;
use fh_edge::origin::relay::{RelayError, RelayKeys, RelayOptions, UpstreamState, UpstreamStatus};
use fh_edge::{Edge, StartError};
use fh_test::Folder;
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, Route};

use crate::stream::Stream;
use crate::support::{Clock, Relay, options, options_for, wait_until_async};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const MOMENT: Duration = Duration::from_millis(1);

fn upstream() -> FakeEdge {
    let upstream = FakeEdge::start().unwrap();
    upstream.replace_all([Feature::string("COLOUR", "red"), Feature::boolean("FLAG", true)]);
    upstream
}

/// Returns the status of the connection with this name.
fn named(relay: &Relay, name: &str) -> UpstreamStatus {
    let all = relay.handle.upstreams();
    all.into_iter().find(|upstream| &*upstream.name == name).unwrap()
}

/// Waits until the connection has made this many further attempts.
async fn attempts(relay: &Relay, name: &str, more: u64) {
    let requests = || named(relay, name).client.unwrap().requests;
    let enough = requests() + more;
    wait_until_async("more attempts", || async { requests() >= enough }).await;
}

/// Waits until the refusals of a key count, and then for three more attempts.
async fn until_refused(relay: &Relay, name: &str) {
    wait_until_async("refused", || async { named(relay, name).refused_for.is_some() }).await;
    attempts(relay, name, 3).await;
}

async fn until_state(relay: &Relay, name: &str, state: UpstreamState) {
    wait_until_async(state.as_str(), || async { named(relay, name).state == state }).await;
}

/// The name of the keys of `options_for`.
const FIRST: &str = "keys 1";

#[tokio::test(flavor = "multi_thread")]
async fn ten_minutes_of_refusals_revoke_a_key() {
    for status in [401, 403] {
        let (upstream, clock) = (upstream(), Clock::default());
        let relay = Relay::ready(with_clock(options_for(&upstream), clock.read())).await;
        let keys = [upstream.client_key(), upstream.server_key()];
        let mut streams = Vec::new();
        for key in &keys {
            let mut stream = Stream::open(relay.address, key, "").await;
            stream.until("features").await;
            streams.push(stream);
        }
        clock.advance(DAY);
        upstream.behave(Behaviour::status(status));
        upstream.close_connections(Closing::Rst);
        until_refused(&relay, FIRST).await;
        clock.advance(10 * MINUTE - MOMENT);
        attempts(&relay, FIRST, 3).await;
        for key in &keys {
            assert_eq!(relay.poll(key).await.status, 200, "{status}");
        }
        let text = relay.get("/metrics").await.body;
        let refused =
            text.lines().find(|line| line.starts_with("fh_edge_upstream_refused_seconds{"));
        assert!(refused.is_some_and(|line| line.ends_with(" 599.999")), "{refused:?}");

        clock.advance(MOMENT);
        until_state(&relay, FIRST, UpstreamState::Refused).await;
        for (key, stream) in keys.iter().zip(&mut streams) {
            assert_eq!(relay.poll(key).await.status, 404, "{status}");
            assert_eq!(
                stream.until("failure").await.json()["status"],
                "Unrecognized API key. Please stop requesting."
            );
            assert_eq!(stream.any().await, None);
            let late = Stream::open(relay.address, key, "").await.next().await.unwrap();
            assert_eq!(late.name, "failure");
        }
        assert_eq!(relay.get("/health/readiness").await.status, 200);
        let text = relay.get("/metrics").await.body;
        assert!(text.contains("fh_edge_upstream_serving{environment=\"71ed3c04-122b-4312-9ea8-06b2b8d6ceac\",name=\"keys 1\"} 0"), "{text}");

        // The upstream Edge accepts the key again.
        upstream.behave(Behaviour::healthy());
        until_state(&relay, FIRST, UpstreamState::Serving).await;
        for key in &keys {
            assert_eq!(relay.feature(key, "", "COLOUR").await.unwrap()["value"], "red");
        }
        assert_eq!(named(&relay, FIRST).refused_for, None);
    }
}

/// A FeatureHub Edge answers all keys so while it cannot reach its cache.
#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_refuses_every_key_revokes_none() {
    let (upstream, clock) = (upstream(), Clock::default());
    let second = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/another*key";
    let keys = options_for(&upstream).keys(RelayKeys::client(second));
    let keys = with_clock(keys, clock.read());
    let relay = Relay::ready(keys).await;
    let mut stream = Stream::open(relay.address, &upstream.client_key(), "").await;
    stream.until("features").await;
    for unknown in [Behaviour::status(404), Behaviour::sse().ack().failure().close(Closing::Fin)] {
        upstream.behave(unknown);
        upstream.behave_on(Route::Poll, Behaviour::status(404));
        upstream.close_connections(Closing::Rst);
        for name in [FIRST, "keys 2"] {
            attempts(&relay, name, 3).await;
        }
        clock.advance(DAY);
        for name in [FIRST, "keys 2"] {
            attempts(&relay, name, 4).await;
            assert_eq!(named(&relay, name).refused_for, None);
        }
        assert_eq!(relay.poll(&upstream.client_key()).await.status, 200);
        assert_eq!(relay.poll(second).await.status, 200);
    }
    assert_eq!(named(&relay, FIRST).state, UpstreamState::Serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_revoked_if_the_others_are_accepted() {
    let (upstream, clock) = (upstream(), Clock::default());
    let gone = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/gone*key";
    let keys = options_for(&upstream).keys(RelayKeys::client(gone));
    let keys = with_clock(keys, clock.read());
    // The stream of this key ends at the signal. The stream of the other keys stays open, whatever the upstream Edge answers.
    upstream.behave_on(
        Route::Stream,
        Behaviour::choose(|request| match request.path.contains("gone") {
            true => Behaviour::sse().ack().features().wait_for_signal("end").close(Closing::Fin),
            false => Behaviour::healthy(),
        }),
    );
    let relay = Relay::ready(keys).await;
    upstream.behave(Behaviour::status(404));
    upstream.signal("end");
    attempts(&relay, "keys 2", 3).await;
    clock.advance(20 * MINUTE);
    attempts(&relay, "keys 2", 4).await;
    assert_eq!(
        named(&relay, "keys 2").refused_for,
        None,
        "an open stream does not show that its key is accepted"
    );
    assert_eq!(relay.poll(gone).await.status, 200);

    upstream.behave_on(
        Route::Poll,
        Behaviour::choose(|request| match request.path.contains("gone") {
            true => Behaviour::status(404),
            false => Behaviour::healthy(),
        }),
    );
    until_refused(&relay, "keys 2").await;
    clock.advance(10 * MINUTE - MOMENT);
    attempts(&relay, "keys 2", 3).await;
    assert_eq!(relay.poll(gone).await.status, 200);
    clock.advance(MOMENT);
    until_state(&relay, "keys 2", UpstreamState::Refused).await;
    assert_eq!(relay.poll(gone).await.status, 404);
    for key in [upstream.client_key(), upstream.server_key()] {
        assert_eq!(relay.poll(&key).await.status, 200, "the other keys are valid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contexts_of_a_standalone_key_end_with_it() {
    let (upstream, clock) = (upstream(), Clock::default());
    let key = upstream.server_key();
    let keys = options(&upstream.url()).keys(RelayKeys::server(&*key));
    let keys = with_clock(keys, clock.read());
    let relay = Relay::ready(keys).await;
    let mut stream = Stream::open(relay.address, &key, "userkey=fred").await;
    stream.until("features").await;
    upstream.behave(Behaviour::status(401));
    upstream.close_connections(Closing::Rst);
    until_refused(&relay, FIRST).await;
    clock.advance(10 * MINUTE);
    stream.until("failure").await;
    assert_eq!(stream.any().await, None);
    assert_eq!(relay.poll_for(&key, "userkey=fred").await.status, 404);
    assert_eq!(relay.poll_for(&key, "userkey=mara").await.status, 404);
    assert!(relay.handle.upstreams().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn features_expire_without_a_successful_answer() {
    let (upstream, clock) = (upstream(), Clock::default());
    let lone = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/lone-key";
    let mut limits = fh_edge::origin::relay::RelayLimits::default();
    limits.first_answer = Duration::from_millis(20);
    let keys = options_for(&upstream).keys(RelayKeys::server(lone)).limits(limits);
    let relay = Relay::ready(with_clock(keys, clock.read())).await;
    let keys = [upstream.client_key(), upstream.server_key(), lone.to_string()];
    let mut streams = Vec::new();
    for key in &keys {
        let mut stream = Stream::open(relay.address, key, "").await;
        stream.until("features").await;
        streams.push(stream);
    }
    upstream.behave(Behaviour::status(500));
    upstream.close_connections(Closing::Rst);
    for name in [FIRST, "keys 2"] {
        attempts(&relay, name, 3).await;
    }
    clock.advance(7 * DAY - MOMENT);
    for name in [FIRST, "keys 2"] {
        attempts(&relay, name, 3).await;
    }
    for key in &keys {
        assert_eq!(relay.poll(key).await.status, 200);
    }
    clock.advance(MOMENT);
    for name in [FIRST, "keys 2"] {
        until_state(&relay, name, UpstreamState::Expired).await;
    }
    assert_eq!(relay.get("/health/readiness").await.status, 503);
    for (key, stream) in keys.iter().zip(&mut streams) {
        assert_eq!(relay.poll(key).await.status, 503);
        stream.until("bye").await;
        assert_eq!(stream.any().await, None);
    }
    let mut waiting = Stream::open(relay.address, &keys[0], "").await;
    upstream.behave(Behaviour::healthy());
    assert_eq!(waiting.until("features").await.json()[0]["value"], "red");
    relay.until_ready().await;
    for key in &keys {
        wait_until_async("served again", || async { relay.poll(key).await.status == 200 }).await;
    }
}

fn kept_in(folder: &Folder, upstream: &FakeEdge, clock: &Clock) -> RelayOptions {
    with_clock(options_for(upstream).snapshot_folder(folder.file("relay")), clock.read())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_the_last_successful_answer_survives_restarts() {
    let (upstream, clock, folder) = (upstream(), Clock::default(), Folder::new());
    let relay = Relay::ready(kept_in(&folder, &upstream, &clock)).await;
    upstream.kill();
    attempts(&relay, FIRST, 2).await;
    clock.advance(6 * DAY);
    relay.handle.say_bye(Duration::ZERO).await;
    let relay = Relay::ready(kept_in(&folder, &upstream, &clock)).await;
    attempts(&relay, FIRST, 2).await;
    assert_eq!(relay.poll(&upstream.client_key()).await.status, 200);
    assert_eq!(named(&relay, FIRST).answer_age, Some(6 * DAY));
    relay.handle.say_bye(Duration::ZERO).await;
    clock.advance(DAY);
    let relay = Relay::start(kept_in(&folder, &upstream, &clock)).await;
    until_state(&relay, FIRST, UpstreamState::Expired).await;
    for key in [upstream.client_key(), upstream.server_key()] {
        assert_eq!(relay.poll(&key).await.status, 503);
    }
    assert_eq!(relay.get("/health/readiness").await.status, 503);
    upstream.listen_again().unwrap();
    relay.until_ready().await;
    assert_eq!(relay.poll(&upstream.client_key()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_stays_revoked_over_restarts() {
    let (upstream, clock, folder) = (upstream(), Clock::default(), Folder::new());
    let relay = Relay::ready(kept_in(&folder, &upstream, &clock)).await;
    upstream.behave(Behaviour::status(403));
    upstream.close_connections(Closing::Rst);
    until_refused(&relay, FIRST).await;
    // Refusals before a restart count.
    clock.advance(6 * MINUTE);
    relay.handle.say_bye(Duration::ZERO).await;
    let relay = Relay::ready(kept_in(&folder, &upstream, &clock)).await;
    attempts(&relay, FIRST, 2).await;
    assert_eq!(relay.poll(&upstream.client_key()).await.status, 200);
    assert_eq!(named(&relay, FIRST).refused_for, Some(6 * MINUTE));
    clock.advance(4 * MINUTE);
    until_state(&relay, FIRST, UpstreamState::Refused).await;
    relay.handle.say_bye(Duration::ZERO).await;
    // Without an upstream Edge the features in the folder are not served.
    upstream.kill();
    let relay = Relay::start(kept_in(&folder, &upstream, &clock)).await;
    until_state(&relay, FIRST, UpstreamState::Refused).await;
    for key in [upstream.client_key(), upstream.server_key()] {
        assert_eq!(relay.poll(&key).await.status, 404);
    }
    upstream.behave(Behaviour::healthy());
    upstream.listen_again().unwrap();
    until_state(&relay, FIRST, UpstreamState::Serving).await;
    assert_eq!(relay.poll(&upstream.client_key()).await.status, 200);
}

/// A relay that was dropped without `say_bye` releases its folder when its thread has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_relay_releases_its_folder() {
    let (upstream, clock, folder) = (upstream(), Clock::default(), Folder::new());
    let build = || Edge::builder().relay(kept_in(&folder, &upstream, &clock)).build();
    drop(build().unwrap());
    wait_until_async("the folder", || async {
        match build() {
            Ok(_) => true,
            Err(StartError::Relay(RelayError::FolderInUse(_))) => false,
            Err(why) => panic!("{why}"),
        }
    })
    .await;
}
