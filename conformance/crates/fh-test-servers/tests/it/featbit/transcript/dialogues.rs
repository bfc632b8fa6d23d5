//! Steps that converse on one socket, and those that close one.

use serde::Deserialize;

use super::expected::Got;
use super::{Replay, Rule, dials, frames};
use crate::featbit::client::{Event, Socket};

#[derive(Deserialize)]
pub(crate) struct SocketOf {
    r#type: String,
    env: String,
}

#[derive(Deserialize)]
pub(crate) struct Said {
    sent: String,
    pub(crate) got: Vec<Got>,
}

impl Replay {
    pub(super) fn dialogue(&mut self, name: &str, of: &SocketOf, dialogue: &[Said]) {
        let rule = match of.r#type.as_str() {
            "server" => None,
            "client" => Some(Rule::ClientData),
            _ => Some(Rule::RelayProxy),
        };
        if let Some(rule) = rule {
            for _ in dialogue {
                self.leave_out(rule);
            }
            return;
        }
        let mut socket = dials::open(self, &of.r#type, &of.env);
        for (number, said) in dialogue.iter().enumerate() {
            let result = converse(&mut socket, name, said, number);
            self.compare(&format!("{name}: {:.90}", said.sent), result);
        }
    }

    /// A step whose name says with which code and reason the client closes.
    pub(super) fn close(&mut self, name: &str, of: &SocketOf, got: &[Got]) {
        let mut socket = dials::open(self, &of.r#type, &of.env);
        let code = name.split(' ').nth(1).unwrap().parse::<u16>().ok();
        let reason = name.split('\'').nth(1).unwrap();
        let mut payload = code.map_or(Vec::new(), |code| code.to_be_bytes().to_vec());
        payload.extend(reason.as_bytes());
        socket.send_frame(0x88, &payload);
        let mut results = got.iter().map(|got| got.check(&socket.next()));
        let result = results.find(Result::is_err).unwrap_or(Ok(()));
        drop(results);
        self.compare(name, result);
    }
}

/// Sends a message, and compares what comes before the echo of a marker.
fn converse(socket: &mut Socket, name: &str, said: &Said, number: usize) -> Result<(), String> {
    frames::send(socket, name, &said.sent);
    let is_last = said.got.iter().any(Got::is_last);
    let marker = format!(r#"{{"messageType":"echo","data":"marker {number}"}}"#);
    if !is_last {
        socket.send(&marker);
    }
    for got in &said.got {
        got.check(&socket.next())?;
    }
    match socket_after(socket, is_last) {
        None => Ok(()),
        Some(Event::Text(text)) if text == marker => Ok(()),
        Some(event) => Err(format!("{event:?} came too")),
    }
}

fn socket_after(socket: &mut Socket, is_last: bool) -> Option<Event> {
    (!is_last).then(|| socket.next())
}
