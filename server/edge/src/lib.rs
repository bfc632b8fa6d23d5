#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "cluster")]
pub mod cluster;
#[doc(hidden)]
pub mod internal;
pub mod origin;
pub mod state;

mod admin_key;
mod api;
mod change_store;
mod clock;
mod connections;
mod cors;
mod digest;
mod edge;
mod evaluations;
mod lint;
mod log_text;
mod metrics;
mod notices;
mod options;
mod rate;
mod redacted_log;
mod reply;
mod request_memory;
mod serving;
mod shared_state;
mod state_store;
mod stream;
mod wire;

pub use admin_key::{AdminKey, InvalidAdminKey};
pub use change_store::DataFolderError;
pub use edge::{
    DamagedData, Edge, EdgeBuilder, EdgeHandle, FeatureChange, ReplaceError, StartError,
};
pub use fh_eval::{Profile, Timestamp};
#[doc(inline)]
pub use fh_listen as listen;
pub use metrics::ListenerFigures;
pub use options::{AdminTransport, Administration, Compression, Console, Monitoring, Options};
pub use redacted_log::RedactedLog;
pub use uuid::Uuid;
