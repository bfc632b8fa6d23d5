//! Everything that the server has seen.

use std::time::Instant;

use crate::server::{Counts, SeenRequest};
use serde::Serialize;

/// The outcome of an attempt to open a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, Serialize)]
pub struct SeenUpgrade {
    /// The time at which the request was complete.
    #[serde(skip)]
    pub at: Instant,
    /// The path and the query, with the token.
    pub target: String,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The server's answer.
    pub outcome: UpgradeOutcome,
}

/// A message of a client.
#[derive(Clone, Debug, Serialize)]
pub struct SeenMessage {
    /// The time at which the message was complete.
    #[serde(skip)]
    pub at: Instant,
    /// The number of the socket, counted from 1 in the order of opening.
    pub socket: u64,
    /// The text of the message.
    pub text: String,
}

/// A close frame of a client.
#[derive(Clone, Debug, Serialize)]
pub struct SeenClose {
    /// The time at which the frame was complete.
    #[serde(skip)]
    pub at: Instant,
    /// The number of the socket, counted from 1 in the order of opening.
    pub socket: u64,
    /// The code. None if the frame is empty.
    pub code: Option<u16>,
    /// The reason.
    pub reason: String,
}

/// Everything that the server has seen so far.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Number of TCP connections that were accepted.
    pub connections: usize,
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
    pub insights: Vec<SeenRequest>,
}

impl Counts for Record {
    fn counts(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("connections", self.connections),
            ("requests", self.requests.len()),
            ("upgrades", self.upgrades.len()),
            ("socketsOpened", self.sockets_opened),
            ("openSockets", self.open_sockets),
            ("messages", self.messages.len()),
            ("insights", self.insights.len()),
            ("closes", self.closes.len()),
            ("pongs", self.pongs),
        ]
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
