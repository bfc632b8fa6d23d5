#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod baggage;
pub mod sse;

mod action;
mod bootstrap;
mod config;
mod context_header;
mod delay;
mod edge_url;
mod feature_set;
mod intercept;
mod key;
#[cfg_attr(planted_bugs, allow(missing_docs))]
#[cfg(planted_bugs)]
pub mod planted;
#[cfg(not(planted_bugs))]
mod planted;
mod repository;
mod response_class;
mod rules;
mod secrets;
mod session;
mod status;
mod sync;
mod time;
mod usage;

pub use action::{
    Action, Cause, CommandId, End, Head, Input, Publication, RawKind, RawUpdate, Request,
    RequestId, RequestKind,
};
pub use bootstrap::{BOOTSTRAP_FORMAT, Bootstrap, BootstrapFeature};
pub use config::{
    Backoff, Config, ContextPlacement, DEFAULT_INTERVAL, Limits, Mode, WhileSwitching,
};
pub use context_header::{
    ContextHeader, MAX_ATTRIBUTES, TooManyAttributes, context_hash, values_with_commas,
};
pub use edge_url::{EdgeUrl, SecretUrl, UrlError};
pub use intercept::{Flow, InterceptedRead, Interceptor, LockPolicy};
pub use key::{ApiKey, ApiKeys, KeyError, KeyKind};
pub use repository::{
    Change, ContextValues, Counters, Detail, ExplainedDetail, IsVisibleChange, NewState,
    ReadinessChange, Reason, Repository, RepositoryOptions, RepositorySnapshot, Subscription,
};
pub use rules::{Environments, Rules, ServerEvaluated, Source};
pub use secrets::Secrets;
pub use session::Session;
pub use status::{Connection, Notice, Problem, Readiness, SessionStatus, Stage};
pub use time::Millis;
pub use usage::{
    Collection, Deduplicate, Dispatch, Evaluated, Named, Observer, Params, Summaries,
    SummaryWindow, UsageCount, UsageEvent, UsageOptions, UsageSummary, UsedFeature,
};
