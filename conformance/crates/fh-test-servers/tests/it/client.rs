//! A plain client of HTTP: it sends bytes and shows what comes back, without the interpretation of a library.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use fh_test::wait::PATIENCE;
use serde_json::Value;

/// A connection, and the bytes that were received but not used yet.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    unread: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The way in which the server ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Fin,
    Rst,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket, unread: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).unwrap();
    }

    pub(crate) fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: test\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        self.send(bytes);
    }

    /// Sends a request and reads the answer.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.request(method, target, headers, body);
        if method == "HEAD" { self.head().unwrap() } else { self.answer() }
    }

    pub(crate) fn get(&mut self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", target, headers, b"")
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

    /// Returns true if no bytes come for a moment. It fails the test if some do.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.socket.set_read_timeout(Some(std::time::Duration::from_millis(150))).unwrap();
        let result = self.socket.read(&mut [0]);
        self.socket.set_read_timeout(Some(PATIENCE)).unwrap();
        self.unread.is_empty() && result.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
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

    pub(crate) fn exactly(&mut self, count: usize) -> Result<Vec<u8>, End> {
        while self.unread.len() < count {
            self.more()?;
        }
        Ok(self.unread.drain(..count).collect())
    }

    /// Reads a status line and headers.
    pub(crate) fn head(&mut self) -> Result<Answer, End> {
        let head = self.until("\r\n\r\n")?;
        // No bytes of an earlier answer may be left.
        assert!(head.starts_with("HTTP/1.1 "), "{head}");
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Answer { status, headers, body: Vec::new() })
    }

    /// Reads a complete answer with `content-length` or in chunks.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.head().unwrap();
        if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            answer.body = self.exactly(length).unwrap();
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
        let chunk = self.exactly(length)?;
        assert_eq!(self.exactly(2)?, b"\r\n");
        Ok((length > 0).then_some(chunk))
    }

    /// Reads to the end of the connection.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, End) {
        loop {
            if let Err(end) = self.more() {
                return (std::mem::take(&mut self.unread), end);
            }
        }
    }

    /// Reads to the end of the connection, which must be orderly.
    pub(crate) fn rest_text(&mut self) -> String {
        let (bytes, end) = self.rest();
        assert_eq!(end, End::Fin);
        String::from_utf8(bytes).unwrap()
    }
}
