//! Steps that dial a socket.

use fh_test_servers::featbit::token;
use serde::Deserialize;
use serde_json::Value;

use super::expected::Got;
use super::{Replay, Rule};
use crate::client::Answer;
use crate::featbit::client::{self, Socket};

/// The time at which the recorded tokens were made, 2026-11-25T09:37:41Z, and all of them within three seconds.
const TOKENS_MADE_MS: i64 = 1_795_599_461_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "`how` says that the name describes the token")]
pub(crate) struct Connect {
    r#type: Option<String>,
    secret: String,
    version: Option<String>,
    #[serde(default)]
    offset: i64,
    /// A text, or false for no token.
    token: Option<Value>,
    #[serde(default)]
    extra: String,
    path: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    key: Option<String>,
    upgrade: Option<bool>,
    how: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Handshake {
    status: u16,
    headers: Value,
    accept_ok: Option<bool>,
    body: Option<Value>,
}

impl Connect {
    fn target(&self, replay: &Replay, name: &str) -> String {
        let environment = if name == "empty environment" { &replay.empty } else { &replay.wire };
        let secret = match self.secret.as_str() {
            "server" => environment.server_secret(),
            "client" => environment.client_secret(),
            other => replay.secrets(other),
        };
        let token = match &self.token {
            Some(Value::String(token)) => Some(replay.secrets(token)),
            Some(_) => None,
            None => Some(token::encode(&secret, replay.server.now_ms() + self.offset, 0.5)),
        };
        let version = self.version.as_ref().filter(|_| !name.starts_with("websocket version"));
        let parameters = [
            self.r#type.as_ref().map(|it| format!("type={}", escaped(it))),
            token.map(|it| format!("token={}", escaped(&it))),
            version.map(|it| format!("version={}", escaped(it))),
        ];
        let parameters: Vec<String> = parameters.into_iter().flatten().collect();
        let path = self.path.as_deref().unwrap_or("/streaming");
        format!("{path}?{}{}", parameters.join("&"), self.extra)
    }

    fn headers(&self, replay: &Replay, name: &str) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), replay.secrets(value)))
            .collect();
        let mut set = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        if name.starts_with("websocket version") {
            set("Sec-WebSocket-Version", self.version.as_deref().unwrap_or_default());
        }
        if let Some(key) = &self.key {
            set("Sec-WebSocket-Key", key);
        }
        if self.upgrade == Some(false) {
            set("Upgrade", "");
            set("Connection", "");
        }
        headers
    }
}

/// Escapes spaces. The recorded tokens are escaped already where that matters.
fn escaped(text: &str) -> String {
    text.replace(' ', "%20")
}

impl Replay {
    pub(super) fn dial(
        &mut self,
        name: &str,
        connect: &Connect,
        handshake: &Handshake,
        got: &[Got],
    ) {
        if connect.token == Some(Value::from("<relay proxy key>")) {
            return self.leave_out(Rule::RelayProxy);
        }
        let is_literal = connect.token.is_some();
        self.server.set_clock_offset_ms(0);
        if is_literal {
            self.server.set_clock_offset_ms(TOKENS_MADE_MS - self.server.now_ms());
        }
        let target = connect.target(self, name);
        let headers = connect.headers(self, name);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (answer, socket) = Socket::dial(self.server.address(), &target, &headers);
        self.server.set_clock_offset_ms(0);
        let result = handshake.check(&answer).and_then(|()| match socket {
            None if got.is_empty() => Ok(()),
            None => Err("no socket".to_owned()),
            Some(mut socket) => follow(&mut socket, got),
        });
        self.compare(name, result);
    }
}

impl Handshake {
    fn check(&self, answer: &Answer) -> Result<(), String> {
        if answer.status != self.status {
            return Err(format!("status {} in place of {}", answer.status, self.status));
        }
        // The client has checked the key of an accepted upgrade.
        assert_eq!(self.accept_ok == Some(true), self.status == 101);
        let is_empty = self.body.as_ref().is_none_or(|body| body["text"] == "");
        let upgrade = self.headers["upgrade"].as_str();
        let has_other = ["sec-websocket-protocol", "sec-websocket-extensions"]
            .iter()
            .any(|name| answer.header(name).is_some());
        let is_equal = is_empty
            && answer.body.is_empty()
            && answer.header("upgrade") == upgrade
            && answer.header("date").is_some()
            && !has_other;
        if is_equal { Ok(()) } else { Err(format!("another handshake: {answer:?}")) }
    }
}

/// Compares what comes on a new socket.
fn follow(socket: &mut Socket, got: &[Got]) -> Result<(), String> {
    for got in got {
        match &got.after_ping {
            None => got.check(&socket.next())?,
            Some(events) => {
                socket.send(r#"{"messageType":"ping","data":{}}"#);
                for event in events {
                    event.check(&socket.next())?;
                }
            }
        }
    }
    Ok(())
}

/// Opens a socket for a dialogue.
pub(super) fn open(replay: &Replay, kind: &str, environment: &str) -> Socket {
    let environment = replay.environment(environment);
    let secret = match kind {
        "server" => environment.server_secret(),
        _ => environment.client_secret(),
    };
    let target = client::target(kind, &secret);
    Socket::dial(replay.server.address(), &target, &[]).1.expect("a socket")
}
