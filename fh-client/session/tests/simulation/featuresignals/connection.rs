//! A connection with one request, and everything that is on its way to the client.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use fh_session::{End, Request, RequestId, RequestKind};
use serde_json::Value;

use super::plan::KEY;
use super::server::User;
use crate::invariant::{Broken, Invariant, hold};

/// The purpose of a request, as its URL and body show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The map for this user key.
    Map(String),
    /// The answers for these flags and this user.
    Part(Vec<String>, User),
    Stream,
}

impl Kind {
    /// Reads the purpose of a request, and checks what the server checks.
    pub fn of(request: &Request) -> Result<Self, Broken> {
        let wrong = |why: &str| Broken {
            invariant: Invariant::Context,
            why: format!("{why}: {} {:?}", request.url.expose(), request.body),
        };
        let shown = format!("{request:?}");
        hold(Invariant::Told, !shown.contains(KEY) && !shown.contains("visitor"), || shown)?;
        let header = |name: &str| {
            request.headers.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
        };
        if header("x-api-key") != Some(KEY) || request.url.expose().contains(KEY) {
            return Err(wrong("the key"));
        }
        let path = request.url.expose().strip_prefix("http://server/v1/").unwrap_or_default();
        match (request.kind, path, &request.body) {
            (RequestKind::Stream, "stream/production", None) => Ok(Self::Stream),
            (RequestKind::Poll, "evaluate/bulk", Some(body)) => {
                let body: Value = serde_json::from_str(body).map_err(|_| wrong("the body"))?;
                let keys = body["flag_keys"].as_array().ok_or_else(|| wrong("the keys"))?;
                let keys: Vec<String> =
                    keys.iter().filter_map(|key| key.as_str().map(str::to_string)).collect();
                let context = &body["context"];
                let plan = context["attributes"]["plan"].as_str().map(str::to_string);
                let key = context["key"].as_str().unwrap_or_default().to_string();
                let is_good = keys.len() <= 100
                    && !key.is_empty()
                    && header("content-type") == Some("application/json");
                if is_good {
                    Ok(Self::Part(keys, User { key, plan }))
                } else {
                    Err(wrong("a part"))
                }
            }
            (RequestKind::Poll, path, None) => {
                let user = path.strip_prefix("client/production/flags?key=");
                user.map(|user| Self::Map(user.to_string())).ok_or_else(|| wrong("the path"))
            }
            _ => Err(wrong("the request")),
        }
    }
}

/// An event on its way to the client.
#[derive(Clone)]
pub enum Outgoing {
    /// A status, the seconds of `Retry-After`, and the content type.
    ResponseHead(u16, Option<u64>, &'static str),
    Piece(Vec<u8>),
    End(End<'static>),
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResponseHead(status, wait, kind) => {
                write!(f, "status {status}, Retry-After {wait:?}, {kind}")
            }
            Self::Piece(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                f.write_str(text.get(..300).unwrap_or(&text))
            }
            Self::End(end) => end.fmt(f),
        }
    }
}

pub struct Connection {
    pub request_id: RequestId,
    pub kind: Kind,
    pub outbox: VecDeque<Outgoing>,
    pub is_flowing: bool,
    /// True if no more input comes from this connection.
    pub is_over: bool,
    /// True if nothing passes any more.
    pub is_silent: bool,
    /// True if the server announces changes on this stream.
    pub gets_events: bool,
    /// The content of a good answer; the value of a flag that the server does not know is `None`.
    pub answers: Option<BTreeMap<String, Option<String>>>,
}

impl Connection {
    pub const fn new(request_id: RequestId, kind: Kind) -> Self {
        Self {
            request_id,
            kind,
            outbox: VecDeque::new(),
            is_flowing: false,
            is_over: false,
            is_silent: false,
            gets_events: false,
            answers: None,
        }
    }
}
