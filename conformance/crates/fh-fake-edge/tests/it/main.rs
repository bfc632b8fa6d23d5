//! Tests of the fake Edge with plain sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod client;
mod connections;
mod faults;
mod healthy;
mod scripts;
