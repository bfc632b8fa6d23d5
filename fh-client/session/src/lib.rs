#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod action;
mod config;
mod context_header;
mod delay;
mod edge_url;
#[cfg(feature = "featbit")]
pub mod featbit;
mod feature_set;
mod featurehub;
#[cfg(feature = "featuresignals")]
pub mod featuresignals;
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
mod ignored;
mod kernel;
mod key;
mod response_class;
mod secrets;
mod sse;

/// Items for the tests and tools of this workspace. They may change or disappear in any version.
#[doc(hidden)]
pub mod internal {
    pub use crate::response_class::retry_after;
    /// The decoder of server-sent events.
    pub mod sse {
        pub use crate::sse::{Decoder, Event, Limits, TooLarge};
    }
}

pub use action::{
    Action, CommandId, End, Input, Request, RequestId, RequestKind, ResponseHead, SplitList,
};
pub use config::{
    Backoff, Config, ContextPlacement, DEFAULT_INTERVAL, Limits, Mode, WhileSwitching,
};
pub use context_header::ContextHeader;
pub use edge_url::{EdgeUrl, SecretUrl, UrlError};
pub use featurehub::Session;
pub use key::{ApiKey, ApiKeys, KeyError, KeyKind};
pub use secrets::Secrets;
