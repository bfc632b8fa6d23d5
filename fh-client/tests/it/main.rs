//! Tests of the client over real sockets, with a scripted Edge, and with an Edge in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(feature = "serde")]
mod blocked_listeners;
mod bootstrap;
mod close;
mod context_pool;
mod drivers;
mod featbit;
mod featuresignals;
mod handles;
mod kept_connections;
mod manual_delivery;
mod memory;
#[cfg(feature = "metrics")]
mod metrics;
mod notices;
mod overrides;
mod proxy;
mod refresh;
mod secrets;
mod server_evaluated;
mod snapshot;
mod snapshot_of_node;
#[cfg(feature = "socks")]
mod socks;
mod start;
mod support;
mod threads;
mod tls;
mod transport;
mod updates;
mod watch;
