//! The life of an Edge: shutdown, dropped handles, and checks of a new state.

use std::time::Duration;

use axum::body::Body;
use fh_edge::Edge;
use fh_test::wait::PATIENCE;
use http::Response;
use http_body::Body as _;

use crate::router::{JSON, ask, request, send, text};
use crate::shop::{CLIENT_KEY, WRITER_KEY, state};

/// Returns the next part of a stream.
async fn next(stream: &mut Body) -> Option<String> {
    let frame = std::future::poll_fn(|task| std::pin::Pin::new(&mut *stream).poll_frame(task));
    let frame = tokio::time::timeout(PATIENCE, frame).await.unwrap()?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

/// Reads a stream until a text has arrived.
async fn said(stream: &mut Body, wanted: &str) {
    while !next(stream).await.expect(wanted).contains(wanted) {}
}

#[tokio::test]
async fn readiness_fails_once_the_shutdown_begins() {
    let edge = Edge::builder().state(state()).build().unwrap();
    let router = edge.router().merge(axum::Router::new().nest("/monitor", edge.monitor_router()));
    let health = async |path: &str| ask(&router, "GET", path, &[]).await.status().as_u16();
    let all = ["liveness", "readiness", "readyness"];
    for path in all {
        assert_eq!(health(&format!("/health/{path}")).await, 200);
    }
    let open: Response<Body> = ask(&router, "GET", &format!("/features/{CLIENT_KEY}"), &[]).await;
    edge.handle().say_bye(Duration::from_secs(3600)).await;
    // Streams have time to end, but new clients must go elsewhere at once.
    for (path, status) in all.into_iter().zip([200, 503, 503]) {
        for below in ["", "/monitor"] {
            assert_eq!(health(&format!("{below}/health/{path}")).await, status, "{below}{path}");
        }
    }
    let metrics = text(ask(&router, "GET", "/metrics", &[]).await).await;
    assert!(metrics.contains("\nfh_edge_ready 0\n"));
    // Requests are still served until the socket is closed.
    let poll = ask(&router, "GET", &format!("/features?apiKey={CLIENT_KEY}"), &[]).await;
    assert_eq!(poll.status(), 200);
    drop(open);
}

/// Programs may take the router and drop the Edge.
#[tokio::test]
async fn the_router_of_a_dropped_edge_still_serves() {
    let edge = Edge::builder().state(state()).build().unwrap();
    let (router, last) = (edge.router(), edge.handle());
    drop(edge);
    let mut stream = ask(&router, "GET", &format!("/features/{CLIENT_KEY}"), &[]).await.into_body();
    said(&mut stream, "\"BANNER\"").await;
    drop(last);
    let poll = ask(&router, "GET", &format!("/features?apiKey={CLIENT_KEY}"), &[]).await;
    assert_eq!(poll.status(), 200);
    assert_eq!(
        put(&router, &format!("/features/{WRITER_KEY}/BANNER"), r#"{"lock":false}"#).await,
        200
    );
    said(&mut stream, "event: feature\n").await;
}

async fn put(router: &axum::Router, path: &str, body: &'static str) -> u16 {
    send(router, request("PUT", path, &[JSON], body)).await.status().as_u16()
}

/// A reloaded file may be half-written, so its removed keys are revoked after a delay. A change by an admin applies at once (D-104).
#[tokio::test]
async fn a_key_removed_by_a_file_may_read_for_a_while() {
    let edge = Edge::builder().state(state()).build().unwrap();
    let router = edge.router();
    let asked = async || {
        let poll = ask(&router, "GET", &format!("/features?apiKey={WRITER_KEY}"), &[]).await;
        let key = ("x-api-key", WRITER_KEY);
        let bulk = ask(&router, "POST", "/ofrep/v1/evaluate/flags", &[key]).await;
        let put =
            put(&router, &format!("/features/{WRITER_KEY}/BANNER"), r#"{"lock":false}"#).await;
        [poll.status().as_u16(), bulk.status().as_u16(), put]
    };
    let mut without = state();
    without.accounts.retain(|account| &*account.name != "writer");
    edge.handle().reload(without.clone()).await.unwrap();
    assert_eq!(asked().await, [200, 400, 404], "the key may read, but not write");
    edge.handle().replace(without, None).await.unwrap();
    assert_eq!(asked().await, [404, 401, 404]);
}

/// A state in which two accounts have the same key is refused everywhere.
#[tokio::test]
async fn every_new_state_is_checked() {
    let mut twice = state();
    let mut account = twice.accounts[1].clone();
    account.name = "another".into();
    twice.accounts.push(account);
    let said = "accounts[2].clientKey[0]: accounts[1].clientKey[0] has the same key: a key can be used only once";
    let error = Edge::builder().state(twice.clone()).build().unwrap_err();
    assert_eq!(error.to_string(), said);
    let handle = Edge::builder().state(state()).build().unwrap().handle();
    let errors = [
        handle.replace(twice.clone(), None).await.map(drop).unwrap_err(),
        handle.reload(twice).await.unwrap_err(),
    ];
    assert_eq!(errors.map(|error| error.to_string()), [said, said]);
    assert_eq!(handle.state().await.unwrap(), state());
}
