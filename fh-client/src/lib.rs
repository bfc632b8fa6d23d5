#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[doc(hidden)]
pub mod internal;
pub mod overrides;
pub mod testing;
pub mod transport;

mod builder;
mod changes;
mod client;
mod command;
mod context;
mod context_pool;
mod current_settings;
mod delivery;
mod driver;
mod environment;
#[cfg(feature = "featbit")]
pub mod featbit;
mod feature;
#[cfg(feature = "featuresignals")]
pub mod featuresignals;
mod flush;
mod header;
#[cfg(feature = "metrics")]
pub mod metrics;
mod reads;
mod ready;
mod reporting;
mod seed;
mod server;
mod session_config;
mod settings;
mod shared_state;
mod snapshot;
mod snapshot_file;
mod start_error;
mod status;
mod status_log;
mod test_updates;
mod waiting;
mod wall_clock;
mod watch;

pub use builder::ClientBuilder;
pub use changes::Changes;
pub use client::{Client, SetHeadersError, SetKeysError, TestUpdates, WeakClient};
pub use context::{Context, ContextBuilder};
pub use context_pool::{ContextPool, ContextPoolError};
pub use delivery::ManualDelivery;
pub use driver::MissingDriver;
pub use feature::Feature;
pub use flush::FlushError;
pub use ready::NotReady;
pub use snapshot::Snapshot;
pub use snapshot_file::{BootstrapError, SnapshotFile};
pub use start_error::StartError;
pub use status::Status;
pub use test_updates::{NewValue, Outcome, Refusal, Update};
pub use waiting::block_on;
pub use watch::Watch;

pub use fh_eval::{
    Attributes, Country, Device, Diagnostic, Kind, Number, Platform, Profile, SharedText,
    Timestamp, Value,
};
#[cfg(feature = "featbit")]
pub use fh_repository::Exposure;
pub use fh_repository::notice::Notice;
pub use fh_repository::problem::{Problem, Stage};
pub use fh_repository::publication::{RawKind, RawUpdate};
pub use fh_repository::readiness::Readiness;
pub use fh_repository::source::Source;
pub use fh_repository::status::{Connection, SessionStatus};
pub use fh_repository::system::System;
pub use fh_repository::{
    BOOTSTRAP_FORMAT, Bootstrap, BootstrapFeature, Change, Collection, ContextValues, Counters,
    Deduplicate, Detail, Dispatch, Evaluated, ExplainedDetail, Failed, Flow, InterceptedRead,
    Interceptor, LockPolicy, Named, NewState, Observer, OverrideChanges, Params, ReadinessChange,
    Reason, Subscription, Summaries, SummaryWindow, UsageCount, UsageEvent, UsageOptions,
    UsageSummary, UsedFeature, report_listener_failure,
};
pub use fh_session::{
    ApiKey, ApiKeys, Backoff, Config, ContextPlacement, EdgeUrl, KeyError, KeyKind, Limits,
    UrlError, WhileSwitching,
};

/// Runs the examples of the project's front page as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct FrontPage;

/// Runs the examples of the guide for Rust as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/rust.md")]
struct RustPage;

/// Runs the examples of the page about bootstrap documents as tests.
#[cfg(all(doctest, feature = "serde"))]
#[doc = include_str!("../../docs/reference/bootstrap.md")]
struct BootstrapPage;

/// Runs the examples of the page about FeatureSignals as tests.
#[cfg(all(doctest, feature = "featuresignals"))]
#[doc = include_str!("../../docs/guide/featuresignals.md")]
struct FeatureSignalsPage;

/// Runs the examples of the page about FeatBit as tests.
#[cfg(all(doctest, feature = "featbit"))]
#[doc = include_str!("../../docs/guide/featbit.md")]
struct FeatBitPage;
