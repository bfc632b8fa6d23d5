//! A minimal HTTP client for tests. It reports bytes as received, without the interpretation of a library.
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use fh_fake_edge::EdgeHandle;
use fh_test::wait::PATIENCE;
use serde_json::Value;

/// A connection, and the bytes that were received but not used yet.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    unread: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Fin,
    Rst,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn connect(edge: &EdgeHandle) -> Self {
        let socket = TcpStream::connect(edge.address()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, unread: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request. `headers` are complete lines without line ends.
    pub(crate) fn request(&mut self, method: &str, target: &str, headers: &[&str], body: &str) {
        let mut text = format!("{method} {target} HTTP/1.1\r\nhost: edge\r\n");
        for header in headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        if !body.is_empty() {
            text.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.send(text);
    }

    pub(crate) fn get(&mut self, target: &str, headers: &[&str]) -> Answer {
        self.request("GET", target, headers, "");
        self.answer()
    }

    /// Reads more bytes, or returns how the connection ended.
    fn more(&mut self) -> Result<(), End> {
        let mut buffer = [0; 4096];
        match self.socket.read(&mut buffer) {
            Ok(0) => Err(End::Fin),
            Ok(count) => {
                self.unread.extend_from_slice(&buffer[..count]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(End::Rst),
            Err(error) => panic!("{error}; so far: {}", String::from_utf8_lossy(&self.unread)),
        }
    }

    /// Returns everything up to and including `mark`.
    pub(crate) fn until(&mut self, mark: &str) -> Result<String, End> {
        if mark.is_empty() {
            return Ok(String::new());
        }
        loop {
            let at = self.unread.windows(mark.len()).position(|window| window == mark.as_bytes());
            if let Some(at) = at {
                let taken: Vec<u8> = self.unread.drain(..at + mark.len()).collect();
                return Ok(String::from_utf8(taken).unwrap());
            }
            self.more()?;
        }
    }

    fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            self.more().unwrap();
        }
        self.unread.drain(..count).collect()
    }

    pub(crate) fn head(&mut self) -> Answer {
        let head = self.until("\r\n\r\n").unwrap();
        // No bytes of an earlier answer may be left.
        assert!(head.starts_with("HTTP/1.1 "), "{head}");
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Answer { status, headers, body: Vec::new() }
    }

    /// Reads a complete answer with `content-length` or in chunks.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            answer.body = self.exactly(length);
        } else if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().unwrap() {
                answer.body.extend_from_slice(&chunk);
            }
        }
        answer
    }

    /// Returns the next chunk; `None` for the last one.
    pub(crate) fn chunk(&mut self) -> Result<Option<Vec<u8>>, End> {
        let line = self.until("\r\n")?;
        let length = usize::from_str_radix(line.trim(), 16).unwrap();
        let chunk = self.exactly(length);
        assert_eq!(self.exactly(2), b"\r\n");
        Ok((length > 0).then_some(chunk))
    }

    /// Returns the next event of a chunked stream, as text without its empty line at the end. The Edge writes each event as one chunk.
    pub(crate) fn event(&mut self) -> Option<String> {
        let chunk = self.chunk().unwrap()?;
        let text = String::from_utf8(chunk).unwrap();
        Some(text.strip_suffix("\n\n").unwrap_or(&text).to_owned())
    }

    /// Returns the name and the data of the next event.
    pub(crate) fn event_json(&mut self) -> (String, Value) {
        let event = self.event().expect("an event");
        let field = |name: &str| {
            let line = event.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().to_owned()
        };
        (field("event: "), serde_json::from_str(&field("data: ")).unwrap())
    }

    /// Reads to the end of the connection.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, End) {
        loop {
            if let Err(end) = self.more() {
                return (std::mem::take(&mut self.unread), end);
            }
        }
    }
}

pub(crate) fn stream(edge: &EdgeHandle, key: &str) -> Client {
    let mut client = Client::connect(edge);
    client.request("GET", &format!("/features/{key}"), &["accept: text/event-stream"], "");
    client
}
