//! The step `pushes`: changes, and what each socket then gets.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::expected::Got;
use super::{Replay, Rule, dials};
use crate::featbit::client::{self, Event, Socket};

#[derive(Deserialize)]
pub(crate) struct Action {
    r#do: String,
    message: Option<Published>,
    received: BTreeMap<String, Vec<Got>>,
}

/// A message of FeatBit's queue.
#[derive(Deserialize)]
struct Published {
    json: Option<Box<RawValue>>,
}

/// The members of a message that say where it goes.
#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow, rename = "envId")]
    environment: Option<&'a str>,
    #[serde(borrow)]
    segment: Option<&'a RawValue>,
    #[serde(borrow, rename = "affectedFlagIds")]
    affected: Option<&'a RawValue>,
}

/// The sockets of type `server`, and their environments.
const SERVER_SOCKETS: [(&str, &str); 3] =
    [("server", "wire"), ("server-unsynced", "wire"), ("other-environment", "empty")];

impl Replay {
    pub(super) fn pushes(&mut self, actions: &[Action]) {
        let mut sockets = BTreeMap::new();
        for (name, environment) in SERVER_SOCKETS {
            sockets.insert(name, dials::open(self, "server", environment));
        }
        for action in actions {
            for name in action.received.keys() {
                match name.as_str() {
                    "relay" => self.leave_out(Rule::RelayProxy),
                    name if sockets.contains_key(name) => {}
                    _ => self.leave_out(Rule::ClientData),
                }
            }
            let is_compared = self.act(action, &mut sockets);
            for (name, socket) in &mut sockets {
                let Some(got) = action.received.get(*name) else { continue };
                if let Some(rule) = is_compared {
                    self.leave_out(rule);
                    continue;
                }
                let result = received(socket, got);
                self.compare(&format!("pushes: {} ({name})", action.r#do), result);
            }
        }
    }

    /// Makes a change. Returns a rule if its effect cannot be compared.
    fn act(&self, action: &Action, sockets: &mut BTreeMap<&str, Socket>) -> Option<Rule> {
        match action.r#do.as_str() {
            "first sync" => {
                for (name, environment) in SERVER_SOCKETS {
                    if let Some([full, ..]) = action.received.get(name).map(Vec::as_slice) {
                        self.load(self.environment(environment), full.json.as_ref()?.get());
                        sockets.get_mut(name)?.send(&client::sync_request(0));
                    }
                }
                None
            }
            "five changes in a row" => {
                for got in action.received.get("server")? {
                    self.wire.push_text(got.json.as_ref()?.get());
                }
                None
            }
            "patch since the start of this step" | "full at the end" => Some(Rule::DatabaseRows),
            _ => self.publish(action.message.as_ref()),
        }
    }

    fn publish(&self, message: Option<&Published>) -> Option<Rule> {
        // Without a message, such as after a deletion, no socket gets anything.
        let message = message?;
        let Some(json) = &message.json else { return Some(Rule::DroppedQueueMessage) };
        let change: Change<'_> = serde_json::from_str(json.get()).unwrap();
        let Some(segment) = change.segment else {
            let Some(id) = change.environment else { return Some(Rule::DroppedQueueMessage) };
            // No socket is connected to an environment that the server does not know.
            if let Some(environment) = self.server.environment_of(id) {
                environment.push_flag(json.get());
            }
            return None;
        };
        if change.affected.is_none() {
            return Some(Rule::DroppedQueueMessage);
        }
        let owner: Change<'_> = serde_json::from_str(segment.get()).unwrap();
        let environment = self.server.environment_of(owner.environment.unwrap()).unwrap();
        environment.push_segment(segment.get());
        None
    }
}

/// Compares what a socket gets with the recorded messages, up to the echo of a marker.
fn received(socket: &mut Socket, got: &[Got]) -> Result<(), String> {
    let marker = r#"{"messageType":"echo","data":"marker"}"#;
    socket.send(marker);
    for got in got {
        got.check(&socket.next())?;
    }
    match socket.next() {
        Event::Text(text) if text == marker => Ok(()),
        other => Err(format!("{other:?} came too")),
    }
}
