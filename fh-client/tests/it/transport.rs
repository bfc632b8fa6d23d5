//! The default transport: limits of size and time, and redirects.

use std::time::Duration;

use fh_client::Problem;
use fh_client::transport::ReqwestTransport;
#[cfg(target_os = "linux")]
use fh_client::{Client, Stage};
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Framing, RedirectTo, Route};

#[cfg(target_os = "linux")]
use crate::support::quick;
use crate::support::{PATIENCE, builder, seen, until};

/// Short enough to wait for, and long enough to be distinguished from a retry.
const INTERVAL: Duration = Duration::from_millis(40);

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

#[test]
fn size_has_its_limit_before_and_after_decompression() {
    let edge = edge();
    let big = Behaviour::status(200)
        .header("content-type", "application/json")
        .framing(Framing::Chunked)
        .fill(b'[', 64 * 1024 * 1024);
    // 1,000,000 spaces in 1,003 bytes of gzip.
    let bomb = Behaviour::status(200)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(include_bytes!("blanks.json.gz").as_slice());
    edge.script(Route::Poll, [big, bomb], Behaviour::healthy());
    let limited =
        builder(&edge).polling(INTERVAL).configure(|config| config.limits.bytes = 100_000);
    let client = limited.start().unwrap();
    edge.wait_for_requests(Route::Poll, 1, PATIENCE).unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let recording = edge.recording();
    let polls: Vec<_> = recording.of(Route::Poll).collect();
    assert_eq!(polls.len(), 3);
    seen(&edge, |seen| seen.of(Route::Poll).next().is_some_and(|poll| poll.finished.is_some()));
    let written = edge.recording().of(Route::Poll).next().unwrap().written;
    assert!(written < 32 * 1024 * 1024, "{written}");
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
}

/// An HTTP client that follows redirects itself would send the API key to any host that it is redirected to.
#[test]
fn a_client_that_follows_them_itself_is_refused() {
    let (edge, other) = (edge(), edge());
    edge.behave(Behaviour::redirect(307, RedirectTo::Origin(other.url())));
    let follows = ReqwestTransport::builder()
        .no_proxy()
        .configure(|builder| builder.redirect(reqwest::redirect::Policy::limited(5)))
        .build()
        .unwrap();
    let client = builder(&edge).transport(follows).start().unwrap();
    let status = until(&client, |status| status.problem.is_some());
    let said = status.problem.unwrap().to_string();
    assert!(said.contains("redirect::Policy::none"), "{said}");
}

/// Connecting has a timeout. The peer does not accept, and its queue of connections is full, so the system lets the next connection wait.
#[test]
#[cfg(target_os = "linux")]
fn connecting_is_limited_in_time() {
    use std::net::{TcpListener, TcpStream};

    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let address = TcpListener::from(socket.try_clone().unwrap()).local_addr().unwrap();
    let limit = Duration::from_millis(50);
    let mut queue = Vec::new();
    while let Ok(connection) = TcpStream::connect_timeout(&address, limit) {
        queue.push(connection);
    }
    let transport = ReqwestTransport::builder().no_proxy().connect_timeout(limit).build().unwrap();
    let client = Client::builder(format!("http://{address}"), "e/key*").configure(quick);
    let client = client.transport(transport).start().unwrap();
    let timed_out = Some(Problem::TimedOut(Stage::Connect));
    until(&client, |status| status.problem == timed_out && status.attempts > 1);
}
