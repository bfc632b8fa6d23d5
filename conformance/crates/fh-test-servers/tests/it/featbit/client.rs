//! A plain client of sockets.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use fh_test_servers::featbit::token;
use serde_json::Value;

use crate::client::{Answer, Client, End};

/// The headers of an upgrade.
pub(crate) const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// Sends a request on a connection of its own.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Answer {
    let headers = [headers, &[("Connection", "close")]].concat();
    Client::connect(address).ask(method, target, &headers, body.unwrap_or_default())
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
    pub(crate) client: Client,
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
        let mut all = UPGRADE.to_vec();
        for header in headers {
            all.retain(|(name, _)| !name.eq_ignore_ascii_case(header.0));
            all.push(*header);
        }
        let mut client = Client::connect(address);
        client.request("GET", target, &all, b"");
        let mut answer = client.head().unwrap();
        if answer.status == 101 {
            assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
            return (answer, Some(Self { client, frames: 0 }));
        }
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        answer.body = client.exactly(length).unwrap();
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
        let _ = self.client.socket.write_all(bytes);
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
            let head = match self.client.exactly(2) {
                Ok(head) => head,
                Err(End::Rst) => return Event::End("connection reset"),
                Err(End::Fin) => return Event::End("connection closed"),
            };
            let length = match head[1] {
                126 => usize::from(u16::from_be_bytes(self.bytes())),
                127 => u64::from_be_bytes(self.bytes()).try_into().unwrap(),
                short => usize::from(short),
            };
            let Ok(mut payload) = self.client.exactly(length) else { return Event::End("cut") };
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
        self.client.exactly(N).unwrap().try_into().unwrap()
    }
}

pub(crate) fn sync_request(timestamp: i64) -> String {
    format!(r#"{{"messageType":"data-sync","data":{{"timestamp":{timestamp}}}}}"#)
}
