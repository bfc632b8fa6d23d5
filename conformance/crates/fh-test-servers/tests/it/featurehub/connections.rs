//! Tests of the port, of the ends of connections, and of their recording.
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{Behaviour, Closing, Ended, FakeEdge, Feature, Route};
use socket2::{Domain, Socket, Type};

use crate::client::{Client, End};
use crate::featurehub::event_stream::stream;

fn is_refused(edge: &FakeEdge) -> bool {
    match TcpStream::connect(edge.address()) {
        Err(error) => error.kind() == ErrorKind::ConnectionRefused,
        Ok(_) => false,
    }
}

#[test]
fn refusing_and_listening_again_fifty_times() {
    let edge = FakeEdge::start().unwrap();
    let target = format!("/features?apiKey={}", edge.client_key());
    for _ in 0..50 {
        let mut client = Client::connect(edge.address());
        assert_eq!(client.get(&target, &[]).status, 200);
        edge.kill();
        assert!(is_refused(&edge));
        assert_eq!(client.rest(), (Vec::new(), End::Rst));
        edge.listen_again().unwrap();
    }
    let seen = edge.recording();
    assert_eq!(seen.connections.len(), 50);
    assert_eq!(seen.count(Route::Poll), 50);
}

#[test]
fn open_connections_outlive_the_listener() {
    let edge = FakeEdge::start().unwrap();
    let mut client = stream(&edge, &edge.client_key());
    client.head().unwrap();
    client.event().unwrap();
    client.event().unwrap();
    edge.refuse();
    edge.refuse();
    assert!(is_refused(&edge));
    edge.set_feature(Feature::boolean("F", true));
    assert_eq!(client.event_json().0, "feature");
    edge.listen_again().unwrap();
    edge.listen_again().unwrap();
    assert!(!is_refused(&edge));
}

#[test]
fn dropping_ends_everything_and_frees_the_port() {
    let edge = FakeEdge::start().unwrap();
    let address = edge.address();
    let handle = edge.handle();
    edge.behave_on(Route::Poll, Behaviour::silence());
    let mut idle = Client::connect(edge.address());
    let mut silent = Client::connect(edge.address());
    silent.request("GET", "/features?apiKey=x", &[], b"");
    let mut live = stream(&edge, &edge.client_key());
    live.head().unwrap();
    // The Edge writes to this connection, but its client does not read.
    edge.behave_on(Route::Poll, Behaviour::status(200).fill(b'x', 1 << 40));
    let mut flooded = Client::connect(edge.address());
    flooded.request("GET", "/features?apiKey=x", &[], b"");
    edge.wait_until(PATIENCE, |seen| {
        seen.requests.last().is_some_and(|seen| seen.written > 100_000)
            && seen.connections.len() == 4
    })
    .unwrap();
    drop(edge);
    assert_eq!(handle.recording().open_connections(), 0);
    assert!(
        handle
            .recording()
            .connections
            .iter()
            .all(|seen| { seen.ended.is_some_and(|(_, ended)| ended == Ended::ByEdge) })
    );
    assert_eq!(idle.rest().1, End::Fin);
    assert_eq!(silent.rest().1, End::Fin);
    assert_eq!(live.rest().1, End::Fin);
    flooded.rest();
    TcpListener::bind(address).unwrap();
}

#[test]
fn ways_to_end_a_connection() {
    let edge = FakeEdge::start().unwrap();
    let mut fin = stream(&edge, &edge.client_key());
    fin.head().unwrap();
    edge.close_streams(Closing::Fin);
    assert_eq!(fin.rest().1, End::Fin);
    let mut rst = stream(&edge, &edge.client_key());
    rst.head().unwrap();
    edge.wait_until(PATIENCE, |seen| seen.live_streams() == 1).unwrap();
    edge.close_streams(Closing::Rst);
    assert_eq!(rst.rest().1, End::Rst);
    let mut orderly = stream(&edge, &edge.client_key());
    orderly.head().unwrap();
    edge.wait_until(PATIENCE, |seen| seen.live_streams() == 1).unwrap();
    edge.end_streams();
    while orderly.event().is_some() {}
    assert_eq!(orderly.rest(), (Vec::new(), End::Fin));
    let mut client = stream(&edge, &edge.client_key());
    client.head().unwrap();
    client.event().unwrap();
    client.event().unwrap();
    drop(client);
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
    let ends: Vec<Ended> =
        edge.recording().connections.iter().map(|seen| seen.ended.unwrap().1).collect();
    assert_eq!(ends, [Ended::ByEdge, Ended::ResetByEdge, Ended::ByEdge, Ended::ByClient]);
}

#[test]
fn connections_without_a_request_are_recorded() {
    let edge = FakeEdge::start().unwrap();
    let mute = TcpStream::connect(edge.address()).unwrap();
    let port = mute.local_addr().unwrap().port();
    drop(mute);
    let mut half = Client::connect(edge.address());
    half.send("GET /features HTTP/1.1\r\nhost:");
    edge.wait_until(PATIENCE, |seen| {
        seen.connections.len() == 2
            && seen.connections[0].ended.is_some()
            && seen.connections[1].read == 29
    })
    .unwrap();
    drop(half);
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
    let seen = edge.recording();
    assert_eq!(seen.connections[0].client_port, port);
    assert_eq!(seen.connections[0].ended.unwrap().1, Ended::ByClient);
    assert_eq!((seen.connections[0].requests, seen.connections[1].requests), (0, 0));
    assert!(seen.requests.is_empty());
}

#[test]
fn keep_alive_and_close() {
    let edge = FakeEdge::start().unwrap();
    let target = format!("/features?apiKey={}", edge.client_key());
    let mut client = Client::connect(edge.address());
    for _ in 0..3 {
        assert_eq!(client.get(&target, &[]).header("connection"), None);
    }
    // Two requests in one write.
    let line = format!("GET {target} HTTP/1.1\r\n\r\n");
    client.send(format!("{line}{line}"));
    assert_eq!((client.answer().status, client.answer().status), (200, 200));
    assert_eq!(client.get(&target, &[("Connection", "close")]).header("connection"), Some("close"));
    assert_eq!(client.rest(), (Vec::new(), End::Fin));
    let mut old = Client::connect(edge.address());
    old.send(format!("GET {target} HTTP/1.0\r\n\r\n"));
    assert_eq!(old.answer().status, 200);
    assert_eq!(old.rest(), (Vec::new(), End::Fin));
    let seen = edge.recording();
    assert_eq!(seen.connections[0].requests, 6);
    assert_eq!(
        seen.requests.iter().map(|seen| seen.connection).collect::<Vec<_>>(),
        [0, 0, 0, 0, 0, 0, 1]
    );
    assert!(seen.requests.iter().all(|seen| seen.finished.is_some() && seen.written > 100));
}

#[test]
fn malformed_requests_are_refused_and_the_connection_ends() {
    let edge = FakeEdge::start().unwrap();
    for (bytes, status) in [
        ("hello\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(70_000)), 431),
        ("PUT / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n".to_owned(), 413),
    ] {
        let mut client = Client::connect(edge.address());
        client.send(bytes);
        assert_eq!(client.answer().status, status);
    }
    assert!(edge.recording().requests.is_empty());
}

#[test]
fn the_recording_knows_gaps_and_overlaps_and_shows_no_key() {
    let edge = FakeEdge::start().unwrap();
    edge.behave_on(Route::Poll, Behaviour::new().wait_for_signal("go").then_healthy());
    let target = format!("/features?apiKey={}", edge.client_key());
    let mut clients: Vec<Client> = (0..3).map(|_| Client::connect(edge.address())).collect();
    for client in &mut clients {
        client.request("GET", &target, &[("X-SDK", "test")], b"");
    }
    edge.wait_for_requests(Route::Poll, 3, PATIENCE).unwrap();
    assert_eq!(edge.recording().in_flight(Route::Poll), 3);
    edge.signal("go");
    for client in &mut clients {
        assert_eq!(client.answer().status, 200);
    }
    edge.wait_until(PATIENCE, |seen| seen.in_flight(Route::Poll) == 0).unwrap();
    let seen = edge.recording();
    assert_eq!(seen.most_in_flight(Route::Poll), 3);
    assert_eq!(seen.gaps(Route::Poll).len(), 2);
    let request = &seen.requests[0].request;
    assert_eq!(request.header("x-sdk"), Some("test"));
    assert_eq!(request.api_keys(), [edge.client_key()]);
    let shown = format!("{seen:?} {edge:?}");
    assert!(!shown.contains("clientSideSecret"), "{shown}");
}

#[test]
fn the_port_is_kept_while_connections_are_refused() {
    let edge = FakeEdge::start_refusing().unwrap();
    let address = edge.address();
    assert_eq!(edge.url(), format!("http://{address}"));
    // An explicit bind to the port fails, and the operating system assigns no port that is in use.
    let other = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    assert_eq!(other.bind(&address.into()).unwrap_err().kind(), ErrorKind::AddrInUse);
    // A handle does not keep the port reserved.
    let handle = edge.handle();
    drop(edge);
    other.bind(&address.into()).unwrap();
    drop(handle);
}
