//! The modes: streaming, active and passive polling, one request, offline (sdk-behaviour 2.9.1), and their time limits.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Connection, Problem, Readiness, Stage};
use fh_fake_edge::{Behaviour, Route};
use socket2::{Domain, Socket, Type};

use super::{
    FEATURE, NEVER, PATIENCE, arrives, edge, not_earlier, quick, ready, refresh, seen, served,
    until,
};

const INTERVAL: Duration = Duration::from_millis(60);

/// Active polling sends a request at the start, and then one after each interval.
#[test]
fn active_polling() {
    let edge = edge();
    let client = ready(quick(&edge).polling(INTERVAL));
    edge.set_value(FEATURE, "two");
    // No read is needed.
    seen(&edge, Route::Poll, 5);
    not_earlier(&edge.recording().gaps(Route::Poll), &[INTERVAL; 4]);
    arrives(&client, "two");
    assert_eq!(edge.recording().count(Route::Stream), 0);
}

/// Passive polling sends a request if a feature is read after the interval, and none otherwise.
#[test]
fn passive_polling() {
    let edge = edge();
    let client = ready(quick(&edge).passive(INTERVAL));
    let status = until(&client, "resting", |status| status.connection == Connection::Resting);
    assert_eq!(status.requests, 1);
    edge.set_value(FEATURE, "two");
    arrives(&client, "two");
    let polls = edge.recording().count(Route::Poll);
    not_earlier(&edge.recording().gaps(Route::Poll), &vec![INTERVAL; polls - 1]);
}

/// Without reads no request is due after the interval.
#[test]
fn passive_polling_without_reads_rests() {
    let edge = edge();
    let client = ready(quick(&edge).passive(Duration::from_millis(5)));
    // `status` does not count as a read.
    let expired = |status: &fh_client::Status| {
        status.connection == Connection::Resting && status.next_attempt.is_none()
    };
    until(&client, "resting without an end", expired);
    assert_eq!(client.status().requests, 1);
}

/// The first request is sent at once, whatever the interval.
#[test]
fn passive_polling_begins_at_once() {
    let edge = edge();
    let client = ready(quick(&edge).passive(NEVER));
    assert_eq!(served(&client).as_deref(), Some("one"));
}

/// With `once`, or an interval of zero, no request is due after the first answer.
#[test]
fn one_off() {
    let zero = Duration::ZERO;
    let edge = edge();
    let builders = [quick(&edge).once(), quick(&edge).polling(zero), quick(&edge).passive(zero)];
    for (requests, builder) in (1..).zip(builders) {
        let client = ready(builder);
        let status = until(&client, "done", |status| status.connection == Connection::Done);
        assert_eq!((status.next_attempt, status.requests), (None, 1));
        assert_eq!(served(&client).as_deref(), Some("one"));
        assert_eq!(edge.recording().count(Route::Poll), requests);
    }
}

/// The one request is repeated until it is answered (D-71).
#[test]
fn one_off_through_trouble() {
    let edge = edge();
    edge.script(
        Route::Poll,
        [Behaviour::status(503), Behaviour::status(404)],
        Behaviour::healthy(),
    );
    let client = quick(&edge).once().start().unwrap();
    client.wait_ready_through_refusals(PATIENCE).unwrap();
    until(&client, "done", |status| status.connection == Connection::Done);
    assert_eq!(edge.recording().count(Route::Poll), 3);
}

#[test]
fn streaming_is_the_default_with_one_key() {
    let edge = edge();
    let client = ready(quick(&edge));
    edge.set_value(FEATURE, "two");
    arrives(&client, "two");
    let recording = edge.recording();
    assert_eq!((recording.count(Route::Stream), recording.count(Route::Poll)), (1, 0));
    assert_eq!(client.status().connection, Connection::Streaming);
}

#[test]
fn offline_connects_to_nothing() {
    let edge = edge();
    let list = edge.feature(FEATURE).unwrap();
    let client = quick(&edge).offline().bootstrap(format!("[{list}]")).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!((refresh(&client), served(&client).as_deref()), (Ok(Readiness::Ready), Some("one")));
    assert_eq!((client.status().requests, edge.recording().connections.len()), (0, 0));
}

/// Connecting has a timeout. The peer does not accept, and its queue of connections is full, so the system lets the next connection wait.
#[test]
#[cfg(target_os = "linux")]
fn connecting_is_limited_in_time() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(socket) = TcpStream::connect_timeout(&address, Duration::from_millis(50)) {
        queue.push(socket);
    }
    let limit = Duration::from_millis(50);
    let transport = ReqwestTransport::builder().no_proxy().connect_timeout(limit).build().unwrap();
    let edge = edge();
    let client = quick(&edge).edge_url(format!("http://{address}")).transport(transport);
    let client = client.start().unwrap();
    let timed_out = Some(Problem::TimedOut(Stage::Connect));
    until(&client, "timed out", |status| status.problem == timed_out && status.attempts > 1);
    assert_eq!(client.readiness(), Readiness::NotReady);
}
