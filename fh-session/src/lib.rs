#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod baggage;
pub mod sse;

mod action;
mod bootstrap;
mod config;
mod context_hash;
mod context_header;
mod delay;
mod edge_url;
mod feature_set;
mod intercept;
mod key;
mod notice;
mod percent;
#[cfg_attr(planted_bugs, allow(missing_docs))]
#[cfg(planted_bugs)]
pub mod planted;
#[cfg(not(planted_bugs))]
mod planted;
mod problem;
mod publication;
mod readiness;
mod repository;
mod response_class;
mod rules;
mod secrets;
mod session;
mod source;
mod status;
mod sync;
mod time;
mod usage;

pub use action::{Action, CommandId, End, Head, Input, Request, RequestId, RequestKind};
pub use bootstrap::{BOOTSTRAP_FORMAT, Bootstrap, BootstrapFeature};
pub use config::{
    Backoff, Config, ContextPlacement, DEFAULT_INTERVAL, Limits, Mode, WhileSwitching,
};
pub use context_hash::context_hash;
pub use context_header::{ContextHeader, values_with_commas};
pub use edge_url::{EdgeUrl, SecretUrl, UrlError};
pub use intercept::{Flow, InterceptedRead, Interceptor, LockPolicy};
pub use key::{ApiKey, ApiKeys, KeyError, KeyKind};
pub use notice::Notice;
pub use problem::{MAX_ATTRIBUTES, Problem, Stage, TooManyAttributes};
pub use publication::{Cause, Publication, RawKind, RawUpdate};
pub use readiness::Readiness;
pub use repository::{
    Change, ContextValues, Counters, Detail, ExplainedDetail, IsVisibleChange, NewState,
    ReadinessChange, Reason, Repository, RepositoryOptions, RepositorySnapshot, Subscription,
};
pub use rules::{Environments, Rules, ServerEvaluated};
pub use secrets::Secrets;
pub use session::Session;
pub use source::Source;
pub use status::{Connection, SessionStatus};
pub use time::Millis;
pub use usage::{
    Collection, Deduplicate, Dispatch, Evaluated, Named, Observer, Params, Summaries,
    SummaryWindow, UsageCount, UsageEvent, UsageOptions, UsageSummary, UsedFeature,
};
