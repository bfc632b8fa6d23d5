//! Everything that the server has seen.

use std::fmt;
use std::time::Instant;

/// A request, with its answer once it was answered. Upgrades are in [`SeenUpgrade`].
#[derive(Clone, Debug)]
pub struct SeenRequest {
    /// The time at which the request was complete.
    pub at: Instant,
    /// The method, as it was sent.
    pub method: String,
    /// The path and the query, as they were sent.
    pub target: String,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body. Bytes that are no UTF-8 are replaced.
    pub body: String,
    /// The status of the answer. None if the server hung or reset the connection.
    pub status: Option<u16>,
}

impl SeenRequest {
    /// Returns the first header of a name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// The outcome of an attempt to open a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpgradeOutcome {
    /// The socket was opened.
    Opened,
    /// The upgrade was accepted, and then the socket was closed with this code.
    Refused(u16),
    /// The request was answered with this status instead of 101.
    Status(u16),
    /// The connection was reset.
    Reset,
    /// The request was not answered.
    Unanswered,
}

/// An attempt to open a socket.
#[derive(Clone, Debug)]
pub struct SeenUpgrade {
    /// The time at which the request was complete.
    pub at: Instant,
    /// The path and the query, with the token.
    pub target: String,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The server's answer.
    pub outcome: UpgradeOutcome,
}

/// A message of a client.
#[derive(Clone, Debug)]
pub struct SeenMessage {
    /// The time at which the message was complete.
    pub at: Instant,
    /// The number of the socket, counted from 1 in the order of opening.
    pub socket: u64,
    /// The text of the message.
    pub text: String,
}

/// A close frame of a client.
#[derive(Clone, Debug)]
pub struct SeenClose {
    /// The time at which the frame was complete.
    pub at: Instant,
    /// The number of the socket, counted from 1 in the order of opening.
    pub socket: u64,
    /// The code. None if the frame is empty.
    pub code: Option<u16>,
    /// The reason.
    pub reason: String,
}

/// A request with events.
#[derive(Clone, Debug)]
pub struct SeenInsight {
    /// The time at which the request was complete.
    pub at: Instant,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body, a JSON list if the client is correct.
    pub body: String,
    /// The status of the answer. None if the server hung or reset the connection.
    pub status: Option<u16>,
}

impl SeenInsight {
    /// Returns the first header of a name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// Everything that the server has seen so far.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The times at which TCP connections were accepted.
    pub connections: Vec<Instant>,
    /// All requests but upgrades.
    pub requests: Vec<SeenRequest>,
    /// All attempts to open a socket.
    pub upgrades: Vec<SeenUpgrade>,
    /// Number of sockets that were opened. Refused ones do not count.
    pub sockets_opened: usize,
    /// Number of sockets that are open now.
    pub open_sockets: usize,
    /// The messages of clients on sockets, also those that the server does not answer.
    pub messages: Vec<SeenMessage>,
    /// The close frames of clients.
    pub closes: Vec<SeenClose>,
    /// Number of WebSocket pongs of clients.
    pub pongs: usize,
    /// Requests with events, which are in `requests` too.
    pub insights: Vec<SeenInsight>,
}

impl fmt::Display for Record {
    /// Writes the number of things that the server has seen.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{} connections, {} requests, {} upgrades, {} sockets opened, {} open, {} messages, {} insights",
            self.connections.len(),
            self.requests.len(),
            self.upgrades.len(),
            self.sockets_opened,
            self.open_sockets,
            self.messages.len(),
            self.insights.len()
        )
    }
}

impl Record {
    /// Returns the messages of one type, such as `data-sync`.
    #[must_use]
    pub fn messages_of(&self, message_type: &str) -> Vec<&SeenMessage> {
        let is_it = |message: &&SeenMessage| {
            let value: Option<serde_json::Value> = serde_json::from_str(&message.text).ok();
            value.is_some_and(|value| {
                value.get("messageType").and_then(|it| it.as_str()) == Some(message_type)
            })
        };
        self.messages.iter().filter(is_it).collect()
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}
