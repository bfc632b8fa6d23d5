//! A small HTTP client for adapters that dial: one connection a request.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// An answer: the status, the head with lower-case names, and the body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Opens a connection and sends a request with these additional lines of the head. The URL has a path.
pub(crate) fn send(method: &str, url: &str, lines: &[&str], body: &[u8]) -> io::Result<TcpStream> {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap_or((url, ""));
    let mut socket = TcpStream::connect(host)?;
    // Longer than the server lets a request wait.
    socket.set_read_timeout(Some(fh_test::wait::PATIENCE))?;
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let close = "connection: close\r\n";
    let mut head = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\n{close}{lines}");
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    socket.write_all(format!("{head}\r\n").as_bytes())?;
    socket.write_all(body)?;
    Ok(socket)
}

/// Reads the answer to the only request of a connection.
pub(crate) fn answer(mut socket: TcpStream) -> io::Result<Answer> {
    let mut text = String::new();
    socket.read_to_string(&mut text)?;
    let invalid = || io::Error::other(format!("no answer: {text:?}"));
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(invalid)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(invalid)?;
    Ok(Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() })
}

/// Sends a request and reads the answer.
pub(crate) fn request(method: &str, url: &str, body: &str) -> io::Result<Answer> {
    answer(send(method, url, &[], body.as_bytes())?)
}
