//! Changing features through a relay.

use std::future::{Future as _, poll_fn};
use std::task::Poll;

use fh_client::{Outcome, Update};
use fh_edge::origin::relay::RelayKeys;
use fh_edge::state::State;
use fh_edge::{Edge, FeatureChange, Options, ReplaceError};
use fh_test_servers::featurehub::{
    Behaviour, Closing, FakeEdge, Feature, Framing, Permission, Route,
};

use crate::http::{Reply, request};
use crate::router::{self, JSON, ask, send, text};
use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, WRITER_KEY, serve, state};
use crate::support::{PATIENCE, Relay, options, options_for, sees, wait_until_async};

async fn put(relay: &Relay, key: &str, feature: &str, body: &str) -> Reply {
    let path = format!("/features/{key}/{feature}");
    request(relay.address, "PUT", &path, &[JSON], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_upstream_is_passed_on() {
    let (address, handle) = serve(state(), Options::default()).await;
    let keys = options(&format!("http://{address}"))
        .keys(RelayKeys::pair(CLIENT_KEY, SERVER_KEY))
        .keys(RelayKeys::client(WRITER_KEY));
    let relay = Relay::ready(keys).await;
    let reader = relay.client(CLIENT_KEY).await;
    let writer = relay.client(WRITER_KEY).await;
    let updates = writer.test_updates();
    assert_eq!(
        updates.set_and_wait("NEW_CHECKOUT", Update::value(true)).await,
        Ok(Outcome::Accepted)
    );
    sees(&reader, |reader| reader.is_enabled("NEW_CHECKOUT")).await;
    assert_eq!(updates.set("NEW_CHECKOUT", Update::value(true)).await, Ok(Outcome::Unchanged));
    for (key, feature, body, status, sentence) in [
        (
            WRITER_KEY,
            "BANNER",
            r#"{"value":"x"}"#,
            412,
            "it is locked, cannot change value without also unlocking",
        ),
        (WRITER_KEY, "NEW_CHECKOUT", r#"{"value":"x"}"#, 400, "flag value must be true or false"),
        (
            WRITER_KEY,
            "NOWHERE",
            r#"{"value":"x"}"#,
            404,
            "there is no such feature, or the API key may not read it",
        ),
        (CLIENT_KEY, "BANNER", r#"{"value":"x"}"#, 403, "no write roles"),
        (SERVER_KEY, "BANNER", r#"{"value":"x"}"#, 403, "no write roles"),
        (
            WRITER_KEY,
            "BANNER",
            "nonsense",
            400,
            "the body is not a JSON object with value, updateValue and lock",
        ),
    ] {
        let reply = put(&relay, key, feature, body).await;
        assert_eq!((reply.status, reply.body.as_str()), (status, sentence), "{feature} {body}");
    }
    let unknown = format!("{ENVIRONMENT}/other*key");
    assert_eq!(put(&relay, &unknown, "BANNER", r#"{"value":"x"}"#).await.status, 404);
    let path = format!("/features/{CLIENT_KEY}/BANNER");
    assert_eq!(request(relay.address, "PUT", &path, &[], "{}").await.status, 415);
    // The program cannot change the features of a relay.
    let id = ENVIRONMENT.parse().unwrap();
    let change = relay.handle.change(id, "BANNER", FeatureChange::default()).await;
    assert_eq!(change, Err(ReplaceError::Relayed));
    assert_eq!(relay.handle.replace(State::default(), None).await, Err(ReplaceError::Relayed));
    assert_eq!(relay.handle.reload(State::default()).await, Err(ReplaceError::Relayed));
    assert_eq!(relay.handle.state().await, Err(ReplaceError::Relayed));
    drop(handle);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_are_encoded_again() {
    let upstream = FakeEdge::start().unwrap();
    let odd = "a b/ü?#%";
    upstream.set_feature(Feature::string(odd, "x"));
    let relay = Relay::ready(options_for(&upstream)).await;
    let key = upstream.client_key();
    let reply = put(&relay, &key, "a%20b%2F%C3%BC%3F%23%25", r#"{"value":"y"}"#).await;
    assert_eq!(reply.status, 200);
    let seen = upstream.recording();
    let [update] = seen.of(Route::Put).collect::<Vec<_>>()[..] else { panic!() };
    assert!(update.request.path.ends_with("/a%20b%2F%C3%BC%3F%23%25"), "{}", update.request.path);
    assert_eq!(update.request.header("content-type"), Some("application/json"));
    assert_eq!(upstream.feature(odd).unwrap()["value"], "y");
    // The other form of the path.
    let path = format!("/features/{}/a%20b%2F%C3%BC%3F%23%25", key.replace('/', "+"));
    assert_eq!(request(relay.address, "PUT", &path, &[JSON], r#"{"value":"z"}"#).await.status, 200);
    assert_eq!(upstream.feature(odd).unwrap()["value"], "z");
    // Keys that would change the path are refused.
    let before = upstream.recording().requests.len();
    for feature in ["..", "%2e%2e", "%2E.", "."] {
        assert_eq!(put(&relay, &key, feature, r#"{"value":"y"}"#).await.status, 404, "{feature}");
    }
    assert_eq!(upstream.recording().requests.len(), before);
}

const UNKNOWN: &str =
    "the upstream Edge has not answered; whether the change was made is not known";

/// If the change was not sent, the caller can safely send it again.
#[tokio::test(flavor = "multi_thread")]
async fn an_unsent_change_is_reported_as_such() {
    const UNSENT: &str = "the upstream Edge cannot be reached; the change was not sent";
    let upstream = FakeEdge::start_refusing().unwrap();
    let relay = Relay::start(options_for(&upstream)).await;
    let key = upstream.client_key();
    let reply = put(&relay, &key, "COLOUR", r#"{"value":"y"}"#).await;
    assert_eq!((reply.status, reply.body.as_str()), (503, UNSENT));
    // The upstream Edge listens, but does not support TLS.
    upstream.listen_again().unwrap();
    let url = upstream.url().replace("http://", "https://");
    let keys = RelayKeys::pair(upstream.client_key(), upstream.server_key());
    let secure = Relay::start(options(&url).keys(keys)).await;
    let reply = put(&secure, &key, "COLOUR", r#"{"value":"y"}"#).await;
    assert_eq!((reply.status, reply.body.as_str()), (503, UNSENT));
    // The request was read, and the connection broke before any answer.
    upstream.set_feature(Feature::string("COLOUR", "red"));
    upstream.behave_on(Route::Put, Behaviour::new().close(Closing::Rst));
    let reply = put(&relay, &key, "COLOUR", r#"{"value":"y"}"#).await;
    assert_eq!((reply.status, reply.body.as_str()), (503, UNKNOWN));
    assert_eq!(upstream.recording().count(Route::Put), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_upstream() {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("COLOUR", "red"));
    let mut limited = Options::default();
    limited.body_limit = 1000;
    let relay = Relay::start_with(options_for(&upstream), limited).await;
    let quick = options_for(&upstream)
        .configure(|config| config.limits.poll = std::time::Duration::from_secs(2));
    // A relay with a short timeout, for cases that reach it. In the other cases it might time out on a busy machine.
    let quick = Relay::start_with(quick, Options::default()).await;
    relay.until_ready().await;
    quick.until_ready().await;
    let key = upstream.client_key();
    let page = Behaviour::status(200).header("content-type", "text/html").body("<h1>Log in</h1>");
    for (behaviour, status, body) in [
        (Behaviour::status(503).header("content-type", "text/plain").body("later"), 503, "later"),
        (Behaviour::status(500).header("content-type", "text/html").body("<h1>"), 500, ""),
        (page, 502, "the upstream answer did not come from an Edge"),
        (
            Behaviour::status(302).header("location", "/elsewhere"),
            502,
            "the upstream answer did not come from an Edge",
        ),
        (Behaviour::garbage("?"), 503, UNKNOWN),
    ] {
        upstream.behave_on(Route::Put, behaviour);
        let reply = put(&relay, &key, "COLOUR", r#"{"value":"y"}"#).await;
        assert_eq!((reply.status, reply.body.as_str()), (status, body));
    }
    upstream.behave_on(Route::Put, Behaviour::silence());
    let reply = put(&quick, &key, "COLOUR", r#"{"value":"y"}"#).await;
    assert_eq!((reply.status, reply.body.as_str()), (503, UNKNOWN));
    let endless = Behaviour::new().head(403, Framing::Chunked).fill(b'x', u64::MAX);
    upstream.behave_on(Route::Put, endless);
    let reply = put(&relay, &key, "COLOUR", r#"{"value":"y"}"#).await;
    assert_eq!((reply.status, reply.body.len()), (403, 16 * 1024));
    // The status is passed on, although the body does not arrive completely.
    let stalled = Behaviour::new().head(403, Framing::Chunked).body("not you").hang();
    upstream.behave_on(Route::Put, stalled);
    let reply = put(&quick, &key, "COLOUR", r#"{"value":"y"}"#).await;
    assert_eq!((reply.status, reply.body.as_str()), (403, "not you"));
    let before = upstream.recording().count(Route::Put);
    let large = format!(r#"{{"value":"{}"}}"#, "x".repeat(2000));
    assert_eq!(put(&relay, &key, "COLOUR", &large).await.status, 413);
    assert_eq!(upstream.recording().count(Route::Put), before);
    upstream.refuse();
    upstream.close_connections(Closing::Rst);
    assert_eq!(put(&relay, &key, "COLOUR", r#"{"value":"y"}"#).await.status, 503);
    assert_eq!(relay.feature(&key, "", "COLOUR").await.unwrap()["value"], "red");
}

/// An unconfigured key is verified upstream before a change is sent with it. A configured key is not.
#[tokio::test(flavor = "multi_thread")]
async fn configured_and_unconfigured_keys() {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("COLOUR", "red"));
    upstream.only_allowed_keys();
    let all = [Permission::Read, Permission::ChangeValue];
    let (known, lone) = (upstream.client_key(), upstream.server_key());
    upstream.allow(&known, &all);
    upstream.allow(&lone, &all);
    let any = options(&upstream.url())
        .keys(RelayKeys::server(&*lone))
        .allow_any_key(std::num::NonZeroUsize::new(5).unwrap());
    let relay = Relay::ready(any).await;
    assert_eq!(put(&relay, &lone, "COLOUR", r#"{"value":"green"}"#).await.status, 200);
    assert_eq!(upstream.recording().requests.len(), 1);
    let unknown = format!("{ENVIRONMENT}/other*key");
    for _ in 0..3 {
        assert_eq!(put(&relay, &unknown, "COLOUR", r#"{"value":"y"}"#).await.status, 404);
    }
    assert_eq!(upstream.recording().count(Route::Put), 1);
    assert_eq!(put(&relay, &known, "COLOUR", r#"{"value":"blue"}"#).await.status, 200);
    // The change comes back with the next update.
    let client = relay.client(&known).await;
    sees(&client, |client| client.string("COLOUR").as_deref() == Some("blue")).await;
}

/// The relay sends a change upstream even if its caller hangs up.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_has_one_audit_line_and_counts_even_if_its_caller_hangs_up() {
    const ADDRESS: &str = "192.0.2.74";
    let log = fh_test::Log::capture();
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("BANNER", "x"));
    let edge = Edge::builder().relay(options_for(&upstream)).build().unwrap();
    let path = format!("/features/{}/BANNER", upstream.client_key());
    let request = router::request("PUT", &path, &[JSON], r#"{"value":"y"}"#);
    let router = edge.router();
    let mut change = Box::pin(send(&router, router::from(ADDRESS, request)));
    assert!(poll_fn(|context| Poll::Ready(change.as_mut().poll(context).is_pending())).await);
    drop(change);
    let lines =
        tokio::task::block_in_place(|| log.wait_for_lines(PATIENCE, |line| line.contains(ADDRESS)));
    assert!(lines.len() == 1 && lines[0].contains("outcome=\"200\""), "{lines:?}");
    assert_eq!(upstream.feature("BANNER").unwrap()["value"], "y");
    // The change is counted right after its line.
    wait_until_async("counted", async || {
        let metrics = text(ask(&router, "GET", "/metrics", &[]).await).await;
        metrics.contains("edge_stat_hitsource_testsdk_total 1\n")
    })
    .await;
}
