#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod sse;

mod action;
mod config;
mod context_header;
mod delay;
mod edge_url;
mod feature_set;
mod key;
mod response_class;
mod secrets;
mod session;

pub use action::{Action, CommandId, End, Head, Input, Request, RequestId, RequestKind};
pub use config::{
    Backoff, Config, ContextPlacement, DEFAULT_INTERVAL, Limits, Mode, WhileSwitching,
};
pub use context_header::{ContextHeader, values_with_commas};
pub use edge_url::{EdgeUrl, SecretUrl, UrlError};
pub use key::{ApiKey, ApiKeys, KeyError, KeyKind};
pub use secrets::Secrets;
pub use session::Session;
