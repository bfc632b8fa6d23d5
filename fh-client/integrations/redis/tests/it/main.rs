//! Tests of the store with real Redis servers, which the tests start.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod away;
mod cluster;
mod conflict;
mod data;
mod proxy;
mod refresh;
mod rig;
mod runtimes;
mod sentinel;
mod server;
mod start;
#[cfg(feature = "rustls")]
mod tls;
mod together;
mod write;
