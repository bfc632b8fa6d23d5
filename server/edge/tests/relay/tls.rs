//! An upstream Edge with TLS, and more streams than one HTTP/2 connection admits.

use std::sync::Arc;

use fh_client::transport::ReqwestTransport;
use fh_edge::Edge;
use fh_edge::listen::{ListenOptions, Listener, Tls, serve};
use fh_edge::origin::relay::RelayKeys;
use fh_test::certificates::Authority;

use crate::shop::{SERVER_KEY, state};
use crate::stream::Stream;
use crate::support::{Relay, options};

#[tokio::test(flavor = "multi_thread")]
async fn each_stream_has_a_connection_of_its_own() {
    let authority = Authority::new("the test's authority");
    let mut config = authority.issue("localhost", -1..1).server();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let port = listener.local_addr().unwrap().port();
    let listener = listener.with_tls(Tls::from_config(Arc::new(config)));
    let mut allowed = ListenOptions::default();
    allowed.max_http2_requests = 2;
    let connections = allowed.connections.clone();
    let upstream = Edge::builder().state(state()).build().unwrap();
    tokio::spawn(serve([listener], upstream.router(), allowed, std::future::pending()));

    let transport = ReqwestTransport::builder()
        .ca_certificate(authority.pem())
        .no_proxy()
        .http1_only()
        .build()
        .unwrap();
    let relay = options(&format!("https://localhost:{port}"))
        .transport(transport)
        .keys(RelayKeys::server(SERVER_KEY));
    let relay = Relay::start(relay).await;
    let mut streams = Vec::new();
    for user in 0..5 {
        let mut stream = Stream::open(relay.address, SERVER_KEY, &format!("userkey={user}")).await;
        stream.until("features").await;
        streams.push(stream);
    }
    assert_eq!((upstream.handle().streams(), connections.open()), (5, 5));
}
