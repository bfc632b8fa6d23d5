//! A listener over real sockets: peers that are slow, greedy, silent or malformed, and the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod capacity;
mod http2;
mod limits;
mod malformed;
mod shutdown;
mod support;
mod tls;
