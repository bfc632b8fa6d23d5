//! An event stream, read without a client library.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::PATIENCE;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    /// The name, which is empty for a comment.
    pub(crate) name: String,
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

/// An open stream.
pub(crate) struct Stream {
    socket: TcpStream,
    text: String,
    is_head_read: bool,
}

impl Stream {
    /// Opens a stream with HTTP/1.0, which has no chunks.
    pub(crate) async fn open(address: SocketAddr, key: &str, context: &str) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let header = match context {
            "" => String::new(),
            context => format!("x-featurehub: {context}\r\n"),
        };
        let head =
            format!("GET /features/{key} HTTP/1.0\r\naccept: text/event-stream\r\n{header}\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        Self { socket, text: String::new(), is_head_read: false }
    }

    /// Returns the next event other than `ack`; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let event = self.any().await?;
            if event.name != "ack" {
                return Some(event);
            }
        }
    }

    /// Returns the next event with this name, and skips those before it.
    pub(crate) async fn until(&mut self, name: &str) -> Event {
        loop {
            let event = self.any().await;
            let event = event.unwrap_or_else(|| panic!("the stream ended before `{name}`"));
            if event.name == name {
                return event;
            }
        }
    }

    /// Returns the next event of any name; `None` at the end.
    pub(crate) async fn any(&mut self) -> Option<Event> {
        loop {
            if let Some((head, rest)) =
                self.text.split_once("\r\n\r\n").filter(|_| !self.is_head_read)
            {
                assert!(head.starts_with("HTTP/1.0 200"), "{head}");
                self.text = rest.to_string();
                self.is_head_read = true;
            }
            if self.is_head_read
                && let Some((event, rest)) = self.text.split_once("\n\n")
            {
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                };
                let [name, data] =
                    ["event", "data"].map(|name| field(name).unwrap_or_default().to_string());
                self.text = rest.to_string();
                return Some(Event { name, data });
            }
            let mut piece = [0; 16 * 1024];
            let read = tokio::time::timeout(PATIENCE, self.socket.read(&mut piece)).await;
            let read =
                read.unwrap_or_else(|_| panic!("nothing came; so far: {}", self.text)).unwrap();
            if read == 0 {
                return None;
            }
            // The text may be cut within a character, which does not matter to the tests.
            self.text.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
    }
}
