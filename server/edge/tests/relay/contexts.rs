//! Server-evaluated keys without a client-evaluated key. The upstream Edge evaluates, and each context has a connection of its own.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fh_client::Problem;
use fh_edge::Options;
use fh_edge::origin::relay::{RelayKeys, RelayLimits, RelayOptions, UpstreamRole, UpstreamState};
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, Route};
use serde_json::json;

use crate::http::request;
use crate::shop::{SERVER_KEY, serve, state};
use crate::stream::Stream;
use crate::support::{Relay, options, seen, wait_until_async};

/// Starts an upstream Edge whose values name the user of the context.
fn upstream() -> FakeEdge {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("WHO", "nobody").strategies(json!([{"id": "secret"}])));
    upstream.evaluate_with(|context, mut features| {
        if let Some(user) = context.get("userkey") {
            for feature in &mut features {
                feature["value"] = json!(format!("{} for {user:?}", feature["value"]));
                feature["v"] = json!("by-name");
                feature["soon"] = json!([1]);
            }
        }
        features
    });
    upstream
}

fn alone(upstream: &FakeEdge) -> RelayOptions {
    options(&upstream.url()).keys(RelayKeys::server(upstream.server_key()).named("app"))
}

fn limits(change: impl FnOnce(&mut RelayLimits)) -> RelayLimits {
    let mut limits = RelayLimits::default();
    change(&mut limits);
    limits
}

const FOR_FRED: &str = "\"nobody\" for [\"fred\"]";

#[tokio::test(flavor = "multi_thread")]
async fn each_context_gets_its_own_values_from_upstream() {
    let upstream = upstream();
    let relay = Relay::ready(alone(&upstream)).await;
    let key = upstream.server_key();
    assert_eq!(relay.handle.upstreams().len(), 0, "no request yet");
    let fred = relay.feature(&key, "userkey=fred", "WHO").await.unwrap();
    assert_eq!(fred["value"], FOR_FRED);
    assert_eq!(
        (&fred["v"], &fred["soon"], fred.get("strategies")),
        (&json!("by-name"), &json!([1]), None)
    );
    let nobody = relay.feature(&key, "", "WHO").await.unwrap();
    assert_eq!((&nobody["value"], nobody.get("v")), (&json!("nobody"), None));
    // Contexts are compared by content, in any order and encoding.
    let mut same = Stream::open(relay.address, &key, "country=nz,userkey=mara").await;
    let mut other = Stream::open(relay.address, &key, "userkey=mara, country=n%7A").await;
    let mara = "\"nobody\" for [\"mara\"]";
    assert_eq!(same.until("features").await.json()[0]["value"], mara);
    assert_eq!(other.until("features").await.json()[0]["value"], mara);
    assert_eq!(relay.feature(&key, "userkey=mara&country=nz", "WHO").await.unwrap()["value"], mara);
    assert_eq!(upstream.recording().live_streams(), 3, "fred, nobody, mara");
    upstream.set_value("WHO", "somebody");
    for stream in [&mut same, &mut other] {
        let event = stream.next().await.unwrap();
        assert_eq!(
            (event.name.as_str(), &event.json()["value"]),
            ("feature", &json!("\"somebody\" for [\"mara\"]"))
        );
    }
    let status = relay.handle.upstreams();
    assert!(status.iter().all(|each| each.role == UpstreamRole::Context && &*each.name == "app"));
    let mut attributes: Vec<usize> = status.iter().map(|each| each.attributes).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, [0, 1, 2]);
    let seen = upstream.recording();
    assert!(
        seen.of(Route::Stream)
            .all(|each| each.request.header("x-featurehub").is_none_or(|text| !text.contains(' ')))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn etags_differ_by_content_and_context() {
    let upstream = upstream();
    let relay = Relay::ready(alone(&upstream)).await;
    let path = format!("/features?apiKey={}", upstream.server_key());
    let ask = |context: &'static str, etag: Option<String>| {
        let (address, path) = (relay.address, path.clone());
        async move {
            let mut headers = vec![("x-featurehub", context)];
            headers.extend(etag.as_deref().map(|etag| ("if-none-match", etag)));
            request(address, "GET", &path, &headers, "").await
        }
    };
    let first = ask("userkey=fred", None).await;
    let etag = first.header("etag").map(str::to_string);
    assert_eq!(ask("userkey=fred", etag.clone()).await.status, 304);
    assert_eq!(ask("userkey=mara", etag.clone()).await.status, 200);
    upstream.set_value("WHO", "somebody");
    let look = || async { ask("userkey=fred", etag.clone()).await.status == 200 };
    wait_until_async("another etag", look).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_edge_upstream_evaluates() {
    let (address, _handle) = serve(state(), Options::default()).await;
    let keys = RelayKeys::server(SERVER_KEY);
    let relay = Relay::ready(options(&format!("http://{address}")).keys(keys)).await;
    for context in ["country=new_zealand", "country=austria", ""] {
        let path = format!("/features?apiKey={SERVER_KEY}");
        let header = [("x-featurehub", context)];
        let headers = if context.is_empty() { &[][..] } else { &header[..] };
        let there = request(address, "GET", &path, headers, "").await.json();
        assert_eq!(relay.poll_for(SERVER_KEY, context).await.json(), there, "{context}");
    }
    // OFREP, with the strategy that upstream applied. The upstream Edge does not send its reasons.
    let bearer = format!("Bearer {SERVER_KEY}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let ask = |feature: &'static str, body: &'static str| async move {
        let path = format!("/ofrep/v1/evaluate/flags/{feature}");
        request(relay.address, "POST", &path, &headers, body).await
    };
    let kiwi = ask("NEW_CHECKOUT", r#"{"context":{"country":"new_zealand"}}"#).await;
    assert_eq!(
        kiwi.json(),
        json!({"key": "NEW_CHECKOUT", "value": true, "reason": "UNKNOWN", "variant": "kiwi"})
    );
    let other = ask("NEW_CHECKOUT", r#"{"context":{"country":"austria"}}"#).await.json();
    assert_eq!(
        other,
        json!({"key": "NEW_CHECKOUT", "value": false, "reason": "UNKNOWN", "variant": "default"})
    );
    let missing = request(relay.address, "POST", "/ofrep/v1/evaluate/flags", &[], "{}").await;
    assert_eq!(missing.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_values_are_served_while_upstream_is_unreachable() {
    let upstream = upstream();
    let options =
        alone(&upstream).limits(limits(|limits| limits.first_answer = Duration::from_millis(50)));
    let relay = Relay::ready(options).await;
    let key = upstream.server_key();
    let mut stream = Stream::open(relay.address, &key, "userkey=fred").await;
    stream.until("features").await;
    upstream.kill();
    let look = || async { relay.upstream().client.unwrap().problem.is_some() };
    wait_until_async("away", look).await;
    assert_eq!(relay.feature(&key, "userkey=fred", "WHO").await.unwrap()["value"], FOR_FRED);
    // Nothing is known for other contexts, and they do not get the values of this one.
    assert_eq!(relay.poll_for(&key, "userkey=mara").await.status, 503);
    let mut late = Stream::open(relay.address, &key, "userkey=irina").await;
    upstream.set_value("WHO", "somebody");
    upstream.listen_again().unwrap();
    assert_eq!(stream.next().await.unwrap().json()["value"], "\"somebody\" for [\"fred\"]");
    assert_eq!(late.until("features").await.json()[0]["value"], "\"somebody\" for [\"irina\"]");
    // An empty list for a server-evaluated key indicates a failure of the Edge (D-60).
    upstream.behave_on(Route::Stream, Behaviour::sse().ack().event("features", "[]").hang());
    upstream.close_connections(Closing::Rst);
    let look = || async {
        relay
            .handle
            .upstreams()
            .iter()
            .any(|each| each.client.as_ref().unwrap().problem == Some(Problem::EmptyList))
    };
    wait_until_async("empty", look).await;
    assert!(relay.feature(&key, "userkey=fred", "WHO").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_limited() {
    let upstream = upstream();
    let options = alone(&upstream).limits(limits(|limits| limits.connections = NonZeroUsize::MIN));
    let relay = Relay::ready(options).await;
    let key = upstream.server_key();
    // A poll evicts the connection of an earlier poll.
    for user in ["fred", "mara", "irina"] {
        let context = format!("userkey={user}");
        assert!(
            relay.feature(&key, &context, "WHO").await.unwrap()["value"].to_string().contains(user)
        );
        seen(&upstream, |recording| recording.live_streams() == 1);
    }
    // Streams keep their connection. Polls are told to retry, and streams wait, with heartbeats.
    let mut first = Stream::open(relay.address, &key, "userkey=fred").await;
    assert_eq!(first.until("features").await.json()[0]["value"], FOR_FRED);
    let busy = relay.poll_for(&key, "userkey=mara").await;
    assert_eq!((busy.status, busy.header("retry-after").is_some()), (429, true));
    assert_eq!(relay.poll_for(&key, "userkey=fred").await.status, 200);
    // The second stream must be waiting before the third one is opened, since requests are handled concurrently.
    let mut second = Stream::open(relay.address, &key, "userkey=mara").await;
    assert_eq!(second.any().await.unwrap().name, "ack");
    let mut third = Stream::open(relay.address, &key, "userkey=irina").await;
    assert_eq!(third.any().await.unwrap().name, "ack");
    let states = || {
        let mut states: Vec<_> = relay.handle.upstreams().iter().map(|each| each.state).collect();
        states.retain(|state| *state == UpstreamState::Waiting);
        states.len()
    };
    assert_eq!(states(), 2);
    drop(first);
    assert_eq!(second.until("features").await.json()[0]["value"], "\"nobody\" for [\"mara\"]");
    drop(second);
    assert_eq!(third.until("features").await.json()[0]["value"], "\"nobody\" for [\"irina\"]");
    // A stream that closes leaves the queue.
    let fourth = Stream::open(relay.address, &key, "userkey=fred").await;
    wait_until_async("a fourth stream waits", || async { states() == 1 }).await;
    drop(fourth);
    wait_until_async("no stream waits", || async { states() == 0 }).await;
    seen(&upstream, |recording| recording.live_streams() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unused_connections_are_closed() {
    let upstream = upstream();
    let options =
        alone(&upstream).limits(limits(|limits| limits.idle = Duration::from_millis(100)));
    let relay = Relay::ready(options).await;
    let key = upstream.server_key();
    let mut stream = Stream::open(relay.address, &key, "userkey=fred").await;
    stream.until("features").await;
    assert_eq!(relay.poll_for(&key, "userkey=mara").await.status, 200);
    seen(&upstream, |recording| {
        recording.count(Route::Stream) == 2 && recording.live_streams() == 1
    });
    upstream.set_value("WHO", "somebody");
    assert_eq!(stream.next().await.unwrap().json()["value"], "\"somebody\" for [\"fred\"]");
    drop(stream);
    seen(&upstream, |recording| recording.live_streams() == 0);
    wait_until_async("no connection", || async { relay.handle.upstreams().is_empty() }).await;
    assert_eq!(relay.feature(&key, "userkey=fred", "WHO").await.unwrap()["v"], "by-name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_not_tried_again_at_once() {
    let upstream = upstream();
    upstream.behave(Behaviour::status(404));
    let relay = Relay::ready(alone(&upstream)).await;
    let key = upstream.server_key();
    for user in ["fred", "mara", "fred", ""] {
        assert_eq!(relay.poll_for(&key, &format!("userkey={user}")).await.status, 404);
        let mut stream = Stream::open(relay.address, &key, "userkey=irina").await;
        assert_eq!(stream.next().await.unwrap().name, "failure");
    }
    assert_eq!(upstream.recording().requests.len(), 1);
    assert!(relay.handle.upstreams().is_empty());
}

/// The upstream Edge has accepted the key, so a 404 for a new context indicates a failure of the Edge.
#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_key_is_not_refused() {
    let upstream = upstream();
    let options =
        alone(&upstream).limits(limits(|limits| limits.first_answer = Duration::from_millis(50)));
    let relay = Relay::ready(options).await;
    let key = upstream.server_key();
    let mut known = Stream::open(relay.address, &key, "userkey=fred").await;
    known.until("features").await;
    upstream.behave_on(Route::Stream, Behaviour::status(404));
    let mut stream = Stream::open(relay.address, &key, "userkey=mara").await;
    seen(&upstream, |recording| recording.count(Route::Stream) >= 3);
    assert_eq!(relay.poll_for(&key, "userkey=mara").await.status, 503);
    assert_eq!(relay.poll_for(&key, "userkey=fred").await.status, 200);
    upstream.behave(Behaviour::healthy());
    assert_eq!(stream.until("features").await.json()[0]["v"], "by-name");
}

/// The key was not used for some time, and the upstream Edge fails at its next request.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_accepted_earlier_is_not_refused() {
    let upstream = upstream();
    let limits = limits(|limits| {
        limits.first_answer = Duration::from_millis(50);
        limits.idle = Duration::from_millis(20);
    });
    let relay = Relay::ready(alone(&upstream).limits(limits)).await;
    let key = upstream.server_key();
    // On a busy machine the first answer may take longer than the relay waits.
    let answers = || async { relay.poll_for(&key, "userkey=fred").await.status == 200 };
    wait_until_async("an answer", answers).await;
    wait_until_async("no connection", || async { relay.handle.upstreams().is_empty() }).await;
    upstream.behave(Behaviour::sse().ack().failure().close(Closing::Fin));
    let mut stream = Stream::open(relay.address, &key, "userkey=fred").await;
    let asked = upstream.recording().count(Route::Stream);
    seen(&upstream, |recording| recording.count(Route::Stream) >= asked + 2);
    assert_eq!(relay.poll_for(&key, "userkey=mara").await.status, 503);
    upstream.behave(Behaviour::healthy());
    assert_eq!(stream.next().await.unwrap().json()[0]["value"], FOR_FRED);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_rate_cause_none_upstream() {
    let upstream = upstream();
    let mut slow = Options::default();
    slow.requests_per_second = Some(1);
    let relay = Relay::start_with(alone(&upstream), slow).await;
    let key = upstream.server_key();
    let mut statuses = Vec::new();
    for user in 0..20 {
        let reply = relay.poll_for(&key, &format!("userkey=user-{user}")).await;
        statuses.push(reply.status);
    }
    let answered = statuses.iter().filter(|status| **status == 200).count();
    assert!(statuses.contains(&429) && answered >= 1, "{statuses:?}");
    assert_eq!(upstream.recording().requests.len(), answered);
    // A stream waits, and then gets its features.
    let mut stream = Stream::open(relay.address, &key, "userkey=fred").await;
    assert_eq!(stream.until("features").await.json()[0]["value"], FOR_FRED);
}

/// If the upstream client cannot be started, streams wait until it can.
#[tokio::test(flavor = "multi_thread")]
async fn starting_the_upstream_client_is_retried() {
    let upstream = upstream();
    let is_broken = Arc::new(AtomicBool::new(false));
    let own = Arc::clone(&is_broken);
    let options = alone(&upstream)
        .limits(limits(|limits| limits.first_answer = Duration::from_millis(50)))
        .configure(move |config| {
            if own.load(Ordering::SeqCst) {
                config.backoff.jitter = 2.0;
            }
        });
    let relay = Relay::ready(options).await;
    is_broken.store(true, Ordering::SeqCst);
    let key = upstream.server_key();
    let mut stream = Stream::open(relay.address, &key, "userkey=fred").await;
    assert_eq!(stream.any().await.unwrap().name, "ack");
    let busy = relay.poll_for(&key, "userkey=mara").await.status;
    assert!([429, 503].contains(&busy), "{busy}");
    is_broken.store(false, Ordering::SeqCst);
    assert_eq!(stream.next().await.unwrap().json()[0]["value"], FOR_FRED);
    assert_eq!(relay.poll_for(&key, "userkey=fred").await.status, 200);
}
