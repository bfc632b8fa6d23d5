//! Tests of a listener on real sockets: slow, greedy, silent and malformed peers, and the shutdown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod addresses;
mod capacity;
mod http2;
mod limits;
mod malformed;
#[cfg(target_os = "linux")]
mod proxies;
mod shutdown;
mod support;
mod tls;
