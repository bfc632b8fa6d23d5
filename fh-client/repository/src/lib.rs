#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod baggage;
pub mod notice;
pub mod problem;
pub mod publication;
pub mod readiness;
pub mod rules;
pub mod source;
pub mod status;
pub mod system;
pub mod time;

mod answer;
mod bootstrap;
mod context_hash;
mod counters;
mod dispatcher;
mod environment_overrides;
mod failure;
mod intercept;
mod panic_guard;
mod percent;
mod reason;
mod running_calls;
mod serving;
mod sync;
mod turns;
mod usage;

pub use bootstrap::{BOOTSTRAP_FORMAT, Bootstrap, BootstrapFeature};
pub use counters::Counters;
pub use environment_overrides::EnvironmentOverrides;
pub use failure::{Failed, report_listener_failure};
pub use intercept::{Flow, InterceptedRead, Interceptor, LockPolicy, OverrideChanges};
pub use reason::Reason;
pub use serving::Repository;
pub use serving::core::{IsVisibleChange, RepositoryOptions};
pub use serving::detail::{Detail, ExplainedDetail};
pub use serving::first_read::GivenAttributes;
pub use serving::listen::{Change, NewState, ReadinessChange};
pub use serving::read_guard::ReadGuard;
pub use serving::snapshot::RepositorySnapshot;
pub use serving::subscribe::Subscription;
pub use serving::values::ContextValues;
pub use serving::watch::RepositoryWatch;
#[cfg(feature = "featbit")]
pub use usage::Exposure;
pub use usage::summary::Summaries;
pub use usage::{
    Collection, Deduplicate, Dispatch, Evaluated, Named, Observer, Params, SummaryWindow,
    UsageCount, UsageEvent, UsageOptions, UsageSummary, UsedFeature,
};
