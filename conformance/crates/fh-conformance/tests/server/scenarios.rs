//! The list of scenarios. The command `server run --fh` runs them, in the part "conformance" of `cargo xtask test`.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;

use fh_conformance::server::scenario::ALL;
use fh_conformance::server::wire::{Base, Connection, Request, WireError};
use fh_test::wait::PATIENCE;

#[test]
fn there_are_72_scenarios() {
    assert_eq!(ALL.len(), 72);
    let mut ids: Vec<&str> = ALL.iter().map(|scenario| scenario.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 72, "an id is used twice");
}

/// No Edge behind our listener can send these answers, so no mutant of the Edge shows that they are refused.
#[test]
fn bytes_after_an_answer_without_a_body_are_refused() {
    for (method, status) in [("HEAD", 200), ("GET", 304)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base: Base = listener.local_addr().unwrap().into();
        let answering = thread::spawn(move || {
            let mut socket = listener.accept().unwrap().0;
            let answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: 2\r\n\r\n[]");
            socket.write_all(answer.as_bytes()).unwrap();
            socket
        });
        let mut connection = Connection::open(&base, PATIENCE).unwrap();
        let answer = connection.request(&Request::new(method, "/features"));
        assert!(matches!(answer, Err(WireError::Malformed(_))), "{method}: {answer:?}");
        answering.join().unwrap();
    }
}
