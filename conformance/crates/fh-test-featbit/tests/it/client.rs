//! A plain client: it sends bytes and shows what comes back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fh_test_featbit::token;
use serde_json::Value;

/// Longer than any answer takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An answer of HTTP.
#[derive(Clone, Debug)]
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

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request on a connection of its own.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Answer {
    let mut stream = connect(address);
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    stream.write_all(body.unwrap_or_default()).unwrap();
    let answer = head(&mut stream).expect("an answer");
    let mut body = Vec::new();
    stream.read_to_end(&mut body).unwrap();
    Answer { body, ..answer }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Reads the head of an answer, or nothing if the connection ends first.
pub(crate) fn head(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    Some(Answer { status, headers: lines.filter_map(pair).collect(), body: Vec::new() })
}

pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

/// Returns the target of a socket with a fresh token.
pub(crate) fn target(kind: &str, secret: &str) -> String {
    format!("/streaming?type={kind}&token={}", token::encode(secret, now_ms(), 0.5))
}

/// An event on a socket, in the words of the recorded conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// A text message in one or more frames.
    Text(String),
    Pong(Vec<u8>),
    Ping(Vec<u8>),
    Close(u16, String),
    /// The connection was closed or reset, without any further frame.
    End(&'static str),
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Text(text) => {
                serde_json::from_str(text).unwrap_or_else(|why| panic!("{text}: {why}"))
            }
            other => panic!("no message but {other:?}"),
        }
    }
}

/// A socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    /// Number of frames that were read.
    pub(crate) frames: usize,
}

impl Socket {
    /// Opens a socket of type `server`.
    pub(crate) fn open(address: SocketAddr, secret: &str) -> Self {
        match Self::dial(address, &target("server", secret), &[]) {
            (answer, Some(socket)) if answer.status == 101 => socket,
            (answer, _) => panic!("not opened: {answer:?}"),
        }
    }

    /// Tries to open a socket. An answer other than 101 is read with its body.
    pub(crate) fn dial(
        address: SocketAddr,
        target: &str,
        headers: &[(&str, &str)],
    ) -> (Answer, Option<Self>) {
        let mut all = vec![
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        for header in headers {
            all.retain(|(name, _)| !name.eq_ignore_ascii_case(header.0));
            all.push(*header);
        }
        let mut stream = connect(address);
        send_upgrade(&mut stream, target, &all);
        let mut answer = head(&mut stream).expect("an answer");
        if answer.status == 101 {
            assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
            return (answer, Some(Self { stream, frames: 0 }));
        }
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        answer.body = vec![0; length];
        stream.read_exact(&mut answer.body).unwrap();
        (answer, None)
    }

    pub(crate) fn send_frame(&mut self, first: u8, payload: &[u8]) {
        let mask = [0x12, 0x34, 0x56, 0x78];
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..126 => bytes.push(0x80 | length as u8),
            length @ 126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            length => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend(mask);
        bytes.extend(payload.iter().enumerate().map(|(index, byte)| byte ^ mask[index % 4]));
        self.send_bytes(&bytes);
    }

    /// Sends bytes. The server may have ended the connection already.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.send_frame(0x81, text.as_bytes());
    }

    pub(crate) fn sync(&mut self, timestamp: i64) -> Value {
        self.send(&sync_request(timestamp));
        self.next().json()
    }

    /// Waits for the next event.
    pub(crate) fn next(&mut self) -> Event {
        let mut message = Vec::new();
        loop {
            let mut head = [0; 2];
            if let Err(error) = self.stream.read_exact(&mut head) {
                assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "nothing came");
                return Event::End(match error.kind() {
                    std::io::ErrorKind::ConnectionReset => "connection reset",
                    _ => "connection closed",
                });
            }
            let length = match head[1] {
                126 => usize::from(u16::from_be_bytes(self.bytes())),
                127 => u64::from_be_bytes(self.bytes()).try_into().unwrap(),
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            if self.stream.read_exact(&mut payload).is_err() {
                return Event::End("cut");
            }
            self.frames += 1;
            match head[0] & 0x0f {
                8 if payload.len() < 2 => return Event::Close(1005, String::new()),
                8 => {
                    let code = u16::from_be_bytes([payload[0], payload[1]]);
                    return Event::Close(code, String::from_utf8(payload.split_off(2)).unwrap());
                }
                9 => return Event::Ping(payload),
                10 => return Event::Pong(payload),
                _ => message.extend(payload),
            }
            if head[0] & 0x80 != 0 {
                return Event::Text(String::from_utf8(message).unwrap());
            }
        }
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Returns true if nothing comes for a moment. It fails the test if something does.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.stream.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        let mut byte = [0];
        let result = self.stream.read(&mut byte);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        result.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

pub(crate) fn send_upgrade(stream: &mut TcpStream, target: &str, headers: &[(&str, &str)]) {
    let mut text = format!("GET {target} HTTP/1.1\r\nHost: test\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).unwrap();
}

pub(crate) fn sync_request(timestamp: i64) -> String {
    format!(r#"{{"messageType":"data-sync","data":{{"timestamp":{timestamp}}}}}"#)
}
