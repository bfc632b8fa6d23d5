//! Requests and answers by hand, so that each byte is a test's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use fh_test_featuresignals::TestServer;

/// A connection to a server.
pub(crate) struct Connection(BufReader<TcpStream>);

/// An answer whose length was announced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Connection {
    pub(crate) fn open(server: &TestServer) -> Self {
        Self::try_open(server).unwrap()
    }

    pub(crate) fn try_open(server: &TestServer) -> std::io::Result<Self> {
        Self::dial(server.address())
    }

    pub(crate) fn dial(address: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self(BufReader::new(socket)))
    }

    /// Ends the sending side.
    pub(crate) fn shut(&mut self) {
        self.0.get_ref().shutdown(Shutdown::Write).unwrap();
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut bytes = format!("{method} {path} HTTP/1.1\r\nHost: fs\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        self.send_bytes(&bytes);
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.send(method, path, headers, body);
        self.answer(method != "HEAD")
    }

    /// Asks for the map of a user.
    pub(crate) fn map(&mut self, api_key: &str, user: &str) -> Answer {
        self.ask(
            "GET",
            &format!("/v1/client/production/flags?key={user}"),
            &[("X-API-Key", api_key)],
            b"",
        )
    }

    /// Posts a JSON body.
    pub(crate) fn post(&mut self, path: &str, api_key: &str, body: &str) -> Answer {
        let headers = [("X-API-Key", api_key), ("Content-Type", "application/json")];
        self.ask("POST", path, &headers, body.as_bytes())
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Reads a status line and headers.
    pub(crate) fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        (status, headers)
    }

    pub(crate) fn answer(&mut self, has_body: bool) -> Answer {
        let (status, headers) = self.head();
        let mut answer = Answer { status, headers, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        if has_body {
            answer.body = vec![0; length];
            self.0.read_exact(&mut answer.body).unwrap();
        }
        answer
    }

    /// Reads all bytes until the server closes the connection. An error means a reset.
    pub(crate) fn rest(&mut self) -> std::io::Result<String> {
        let mut text = String::new();
        self.0.read_to_string(&mut text).map(|_| text)
    }
}
