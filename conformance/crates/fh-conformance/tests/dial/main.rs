//! The transport `dial`: commands and lines over real sockets, and what violates the protocol.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adapters;
mod http;

use std::io::Write;
use std::thread;
use std::time::Duration;

use fh_conformance::adapter::{Connection, DialConnection, ProcessEnd};
use fh_test::wait::{PATIENCE, wait_until};

use crate::http::{Answer, answer, request, send};

fn start() -> DialConnection {
    DialConnection::start(&[], &[]).unwrap()
}

/// Sends a request for the next command on a thread of its own.
fn next(address: &str) -> thread::JoinHandle<Answer> {
    let url = format!("{address}/next");
    thread::spawn(move || request("GET", &url, "").unwrap())
}

/// Returns the status of a request for a command, or none if it waits for longer than the limit.
fn get_status(address: &str, limit: Duration) -> Option<u16> {
    let socket = send("GET", &format!("{address}/next"), &[], b"").unwrap();
    socket.set_read_timeout(Some(limit)).unwrap();
    answer(socket).ok().map(|answer| answer.status)
}

fn post(address: &str, lines: &str) -> u16 {
    request("POST", &format!("{address}/lines"), lines).unwrap().status
}

fn line(connection: &mut DialConnection) -> String {
    connection.receive(PATIENCE).unwrap().expect("a line").line
}

/// Checks that a connection has received no line.
fn no_line(connection: &mut DialConnection) {
    let received = connection.receive(Duration::from_millis(300)).unwrap();
    assert!(received.is_none(), "{received:?}");
}

#[test]
fn commands_go_out_and_lines_come_in() {
    let mut connection = start();
    let address = connection.address().to_owned();
    let first = next(&address);
    connection.send("{\"id\":1}").unwrap();
    let first = first.join().unwrap();
    assert_eq!((first.status, first.body.as_str()), (200, "{\"id\":1}"));
    assert_eq!(post(&address, "one\ntwo\n"), 204);
    assert_eq!(post(&address, "three"), 204);
    assert_eq!(
        [line(&mut connection), line(&mut connection), line(&mut connection)],
        ["one", "two", "three"]
    );
    // A command that was sent before the request waits for it.
    connection.send("{\"id\":2}").unwrap();
    assert_eq!(next(&address).join().unwrap().body, "{\"id\":2}");
    no_line(&mut connection);
}

#[test]
fn a_request_receives_the_end() {
    let mut connection = start();
    let address = connection.address().to_owned();
    let first = next(&address);
    connection.send("{\"id\":1}").unwrap();
    assert_eq!(first.join().unwrap().status, 200);
    // The request may arrive before or after the end.
    let waiting = next(&address);
    assert_eq!(connection.end(), ProcessEnd::Exited(None));
    let waiting = waiting.join().unwrap();
    assert_eq!(waiting.status, 410);
    assert!(waiting.head.contains("connection: close"), "{}", waiting.head);
    assert!(connection.send("{\"id\":2}").is_err());
}

#[test]
fn an_adapter_that_only_posts_does_not_receive_the_end() {
    let mut connection = start();
    let address = connection.address().to_owned();
    assert_eq!(post(&address, "one"), 204);
    connection.send("{\"id\":1}").unwrap();
    let ended = thread::spawn(move || (connection.end(), connection));
    // The lines that arrive before the end are taken.
    wait_until("lines are refused", || post(&address, "two") == 410);
    assert_eq!(ended.join().unwrap().0, ProcessEnd::Killed);
}

#[test]
fn a_late_page_reaches_neither_its_own_scenario_nor_the_next() {
    let mut earlier = start();
    let old = earlier.address().to_owned();
    assert_eq!(post(&old, "one"), 204);
    assert_eq!(line(&mut earlier), "one");
    earlier.end();
    let mut later = start();
    let address = later.address().to_owned();
    assert_eq!(next(&old).join().unwrap().status, 410);
    assert_eq!(post(&old, "{\"event\":\"late\"}"), 410);
    // The same port with the token of the earlier scenario, as if the system had given the port again.
    let (host, _) = address.rsplit_once('/').unwrap();
    let (_, old_token) = old.rsplit_once('/').unwrap();
    for wrong in [old_token, "", "0123456789abcdef0123456789abcdef"] {
        let wrong = format!("{host}/{wrong}");
        assert_eq!(request("GET", &format!("{wrong}/next"), "").unwrap().status, 404);
        assert_eq!(post(&wrong, "{\"event\":\"late\"}"), 404);
    }
    assert_eq!(post(&address, "own"), 204);
    later.send("{\"id\":1}").unwrap();
    assert_eq!(next(&address).join().unwrap().body, "{\"id\":1}");
    assert_eq!(line(&mut later), "own");
    no_line(&mut later);
}

#[test]
fn a_scenario_has_one_adapter() {
    let connection = start();
    let url = format!("{}/next", connection.address());
    let status = || get_status(connection.address(), Duration::from_millis(50));
    let mut waiting = Vec::new();
    wait_until("a request that waits keeps all others from a command", || {
        waiting.push(send("GET", &url, &[], b"").unwrap());
        let status = status();
        assert!(matches!(status, None | Some(409)), "{status:?}");
        status.is_some()
    });
    drop(waiting);
    wait_until("another request waits when it was broken off", || status().is_none());
}

#[test]
fn pages_of_any_origin_may_dial() {
    let mut connection = start();
    let address = connection.address().to_owned();
    for path in ["next", "lines"] {
        let lines = ["origin: null", "access-control-request-method: POST"];
        let preflight = send("OPTIONS", &format!("{address}/{path}"), &lines, b"").unwrap();
        let preflight = answer(preflight).unwrap();
        assert_eq!(preflight.status, 204);
        for header in [
            "access-control-allow-origin: *",
            "access-control-allow-methods: get, post",
            "access-control-allow-headers: content-type",
            "access-control-max-age: ",
        ] {
            assert!(preflight.head.contains(header), "{}", preflight.head);
        }
    }
    assert_eq!(request("PUT", &format!("{address}/lines"), "x").unwrap().status, 405);
    let too_large = ["content-length: 67108865"];
    let too_large = send("POST", &format!("{address}/lines"), &too_large, b"").unwrap();
    let answers = [
        request("POST", &format!("{address}/lines"), "one").unwrap(),
        request("POST", &format!("{address}/other"), "one").unwrap(),
        answer(too_large).unwrap(),
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status), [204, 404, 413]);
    for answer in answers {
        assert!(answer.head.contains("access-control-allow-origin: *"), "{}", answer.head);
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    }
    // What arrived before is still read.
    assert_eq!(line(&mut connection), "one");
    assert!(connection.receive(PATIENCE).unwrap_err().contains("67108864 bytes"));
}

#[test]
fn a_body_without_a_length_is_bounded() {
    let mut connection = start();
    let chunked = ["transfer-encoding: chunked"];
    let mut socket =
        send("POST", &format!("{}/lines", connection.address()), &chunked, b"").unwrap();
    let block = [b"100000\r\n".as_slice(), &vec![b'x'; 1 << 20], b"\r\n"].concat();
    // The server closes the connection when it has received too much.
    let sent = (0..200).take_while(|_| socket.write_all(&block).is_ok()).count();
    assert!(connection.receive(PATIENCE).unwrap_err().contains("67108864 bytes"));
    assert!(sent < 200, "the server has received {sent} MiB");
}
