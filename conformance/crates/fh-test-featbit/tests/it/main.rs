//! Tests of the test server, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod client;
mod faults;
mod http;
mod program;
mod sockets;
mod tokens;
mod transcript;
