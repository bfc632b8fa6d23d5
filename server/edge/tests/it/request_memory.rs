//! The limit on the memory of requests (D-127), for each kind of request, without sockets.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use fh_edge::state::State;
use fh_edge::{AdminKey, AdminTransport, Edge, Options};
use futures::FutureExt;
use http::Response;
use http_body_util::BodyExt;

use crate::router::{self, JSON, text};
use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, WRITER_KEY, state};

const ADMIN_KEY: &str = "an-admin-key-of-the-tests";
/// An address that uses all its memory in the tests, and another one.
const GREEDY: &str = "192.0.2.1";
const OTHER: &str = "192.0.2.2";

/// Returns an Edge whose requests may reserve 64 KiB: 16 KiB for one address, of which a single request gets at most 8 KiB.
fn edge() -> Edge {
    let mut options = Options::default();
    options.request_memory = 64 << 10;
    options.admin_transport = AdminTransport::Any;
    options.admin_key = Some(AdminKey::new(ADMIN_KEY).unwrap());
    Edge::builder().state(state()).options(options).build().unwrap()
}

async fn ask(
    router: &Router,
    from: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: Body,
) -> Response<Body> {
    router::send(router, router::from(from, router::request(method, path, headers, body))).await
}

/// Sends a GET with a context from the greedy address.
async fn get(router: &Router, path: &str, context: &str) -> Response<Body> {
    ask(router, GREEDY, ("GET", path), &[("x-featurehub", context)], Body::empty()).await
}

/// Opens two streams of one address with contexts that take all memory of the address but four bytes.
async fn fill(router: &Router) -> Vec<Response<Body>> {
    let mut all = Vec::new();
    for number in 0..2 {
        let context = format!("number={number},text={}", "x".repeat(1624));
        let path = format!("/features/{CLIENT_KEY}");
        all.push(get(router, &path, &context).await);
    }
    all
}

/// Returns the data that a stream sends at this moment.
async fn sent(stream: &mut Body) -> String {
    let mut text = String::new();
    while let Ok(Some(frame)) = tokio::time::timeout(Duration::ZERO, stream.frame()).await {
        text.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
    }
    text
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_request_waits_for_memory_and_is_refused() {
    let router = edge().router();
    let all_of_it = fill(&router).await;
    let feature = format!("/features/{WRITER_KEY}/NEW_CHECKOUT");
    let poll = format!("/features?apiKey={SERVER_KEY}");
    let several = format!("{poll}&apiKey={CLIENT_KEY}");
    let patch = format!("/admin/v1/features/{ENVIRONMENT}/NEW_CHECKOUT");
    let bearer = format!("Bearer {ADMIN_KEY}");
    let admin = ("authorization", bearer.as_str());
    let value = r#"{"value":true}"#;
    for (method, path, headers, body) in [
        ("PUT", &*feature, vec![JSON], value),
        ("POST", "/ofrep/v1/evaluate/flags", vec![("x-api-key", SERVER_KEY)], "{}"),
        ("POST", "/ofrep/v1/evaluate/flags/BANNER", vec![("x-api-key", SERVER_KEY)], "{}"),
        ("GET", &*poll, vec![("x-featurehub", "userkey=one")], ""),
        ("GET", &*several, vec![], ""),
        ("PATCH", &*patch, vec![JSON, admin], value),
        ("POST", "/admin/v1/evaluate", vec![JSON, admin], r#"{"context":{}}"#),
    ] {
        let begun = tokio::time::Instant::now();
        let refused = ask(&router, GREEDY, (method, path), &headers, Body::from(body)).await;
        assert_eq!(refused.status(), 503, "{method} {path}");
        assert_eq!(refused.headers()["retry-after"], "5", "{method} {path}");
        assert_eq!(begun.elapsed().as_secs(), 5, "{method} {path}");
        let other = ask(&router, OTHER, (method, path), &headers, Body::from(body)).await;
        assert_ne!(other.status(), 503, "{method} {path}: another address has memory");
    }
    // These requests need no memory.
    for path in ["/health/liveness", "/health/readiness", &format!("/features?apiKey={CLIENT_KEY}")]
    {
        let answer = ask(&router, GREEDY, ("GET", path), &[], Body::empty()).await;
        assert_eq!(answer.status(), 200, "{path}");
    }
    let metrics = ask(&router, GREEDY, ("GET", "/metrics"), &[], Body::empty()).await;
    let metrics = text(metrics).await;
    assert!(metrics.contains("\nfh_edge_request_memory_refusals_total 7\n"), "{metrics}");
    assert!(metrics.contains("\nfh_edge_request_memory_bytes 16380\n"), "{metrics}");
    drop(all_of_it);
    let answer = ask(&router, GREEDY, ("GET", &poll), &[], Body::empty()).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_memory_gets_nothing_once_its_key_is_revoked() {
    let poll = format!("/features?apiKey={SERVER_KEY}");
    let (flags, flag) = ("/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/BANNER");
    let headers = [("x-api-key", SERVER_KEY), ("x-featurehub", "userkey=one")];
    for (method, path, refused) in [("GET", &*poll, 404), ("POST", flags, 401), ("POST", flag, 401)]
    {
        for is_revoked in [false, true] {
            let edge = edge();
            let router = edge.router();
            let all_of_it = fill(&router).await;
            let waiting = ask(&router, GREEDY, (method, path), &headers, Body::from("{}"));
            let mut waiting = std::pin::pin!(waiting);
            assert!(waiting.as_mut().now_or_never().is_none(), "{path}: the request waits");
            if is_revoked {
                let without = State { accounts: Vec::new(), ..state() };
                // This thread must not wait, because the time of the test then advances.
                let replaced = edge.handle();
                let replaced = std::thread::spawn(move || {
                    futures::executor::block_on(replaced.replace(without, None)).unwrap();
                });
                replaced.join().unwrap();
            }
            drop(all_of_it);
            let status = waiting.await.status().as_u16();
            assert_eq!(status, if is_revoked { refused } else { 200 }, "{path}");
        }
    }
}

/// Published SDKs stop for good at another status than 200, and after an answer of a stream without `ack`.
#[tokio::test(start_paused = true)]
async fn a_stream_without_memory_waits_with_heartbeats() {
    let router = edge().router();
    let all_of_it = fill(&router).await;
    for key in [SERVER_KEY, CLIENT_KEY] {
        let path = format!("/features/{key}");
        let stream = get(&router, &path, "userkey=one").await;
        assert_eq!(stream.status(), 200, "{key}");
        let mut stream = stream.into_body();
        assert_eq!(sent(&mut stream).await.matches("event: ack").count(), 1, "{key}");
        tokio::time::advance(Duration::from_secs(10)).await;
        let heartbeat = sent(&mut stream).await;
        assert!(heartbeat.starts_with("event: ack"), "{key}: {heartbeat}");
    }
    let path = format!("/features/{SERVER_KEY}");
    let mut stream = get(&router, &path, "userkey=two").await.into_body();
    assert!(!sent(&mut stream).await.contains("event: features"));
    drop(all_of_it);
    tokio::task::yield_now().await;
    assert!(sent(&mut stream).await.contains("event: features"), "there is memory again");
}

/// The features of a stream count until they are sent.
#[tokio::test(start_paused = true)]
async fn evaluated_features_hold_memory_until_they_are_sent() {
    let edge = edge();
    let router = edge.router();
    let mut held = Vec::new();
    let path = format!("/features?apiKey={SERVER_KEY}");
    let refused = loop {
        let number = held.len();
        let context = format!("userkey={number}");
        let answer = get(&router, &path, &context).await;
        if answer.status() != 200 {
            break answer;
        }
        held.push(answer.into_body());
        assert!(held.len() < 1000, "the answers hold no memory");
    };
    assert_eq!(refused.status(), 503);
    let size = held.pop().unwrap().collect().await.unwrap().to_bytes().len();
    assert!((held.len() + 2) * size > 16 << 10, "{} of {size}", held.len());
    // Requests with the same context share their bytes.
    for _ in 0..100 {
        let answer = get(&router, &path, "userkey=0").await;
        assert_eq!(answer.status(), 200);
        held.push(answer.into_body());
    }
}

/// A body of unknown length reserves memory as it grows.
#[tokio::test(start_paused = true)]
async fn bodies_that_never_end() {
    let router = edge().router();
    let path = format!("/features/{WRITER_KEY}/NEW_CHECKOUT");
    let (senders, bodies): (Vec<_>, Vec<_>) =
        (0..4).map(|_| tokio::sync::mpsc::channel::<Bytes>(1)).unzip();
    let mut answers = Vec::new();
    for body in bodies {
        let (router, path) = (router.clone(), path.clone());
        answers.push(tokio::spawn(async move {
            let body = Body::new(crate::request_bodies::Slow(body));
            ask(&router, GREEDY, ("PUT", &path), &[JSON], body).await.status().as_u16()
        }));
    }
    for sender in &senders {
        sender.send(Bytes::from(vec![b' '; 6 << 10])).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut statuses = Vec::new();
    for answer in answers {
        statuses.push(answer.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [408, 408, 503, 503], "two bodies of 8 KiB fit");
}
