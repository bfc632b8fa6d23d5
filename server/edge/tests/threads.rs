//! The connections of a relay share one thread. The test has a file of its own, because it counts the threads of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "it/http.rs"]
mod http;

use fh_client::transport::ReqwestTransport;
use fh_edge::Edge;
use fh_edge::origin::relay::{RelayKeys, RelayOptions};
use fh_test_servers::featurehub::{FakeEdge, Feature};

/// Returns the number of threads of this process with this name.
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|found| found.trim_end() == name).count()
}

#[tokio::test]
async fn many_connections_share_one_thread() {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("COLOUR", "red"));
    let transport = ReqwestTransport::builder().no_proxy().build().unwrap();
    let relay = RelayOptions::new(upstream.url())
        .transport(transport)
        .keys(RelayKeys::client(upstream.client_key()))
        .keys(RelayKeys::server(upstream.server_key()));
    let edge = Edge::builder().relay(relay).build().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = edge.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let path = format!("/features?apiKey={}", upstream.server_key());
    for user in 0..20 {
        let context = format!("userkey=user-{user}");
        let header = [("x-featurehub", context.as_str())];
        let reply = http::request(address, "GET", &path, &header, "").await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
        assert_eq!(reply.json()[0]["features"][0]["value"], "red");
    }
    assert_eq!(edge.handle().upstreams().len(), 21);
    assert_eq!((threads("fh-relay"), threads("fh-listeners")), (1, 0));
}
