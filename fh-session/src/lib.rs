#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod sse;

mod action;
mod config;
mod context_header;
mod delay;
mod edge_url;
mod key;
#[cfg_attr(planted_bugs, allow(missing_docs))]
#[cfg(planted_bugs)]
pub mod planted;
#[cfg(not(planted_bugs))]
mod planted;
mod repository;
mod rules;
mod session;
mod status;
mod time;
mod verdict;

pub use action::{
    Action, Cause, End, Errand, Head, Input, Publication, RawKind, RawUpdate, Request, RequestKind,
    Ticket,
};
pub use config::{
    Backoff, Config, ContextPlacement, DEFAULT_INTERVAL, Limits, Mode, WhileSwitching,
};
pub use context_header::{ContextHeader, MAX_ATTRIBUTES, TooManyAttributes, values_with_commas};
pub use edge_url::{EdgeUrl, SecretUrl, UrlError};
pub use key::{ApiKey, ApiKeys, KeyError, KeyKind};
pub use rules::{Environments, Rules, ServerEvaluated, Source};
pub use session::Session;
pub use status::{Connection, Notice, Problem, Readiness, Stage, Status};
pub use time::Millis;
