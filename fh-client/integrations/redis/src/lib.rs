#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod builder;
mod change;
mod error;
mod keys;
mod list;
mod servers;
mod status;
mod store;
#[cfg(feature = "rustls")]
mod tls;
mod transaction;
mod worker;
mod write_queue;

pub use builder::{RedisStoreBuilder, Server};
pub use error::StoreError;
pub use status::StoreStatus;
pub use store::{RedisStore, SOURCE};

/// The crate `redis`, re-exported because a [`Server`] can be made from its [`Client`](redis::Client).
pub use redis;
