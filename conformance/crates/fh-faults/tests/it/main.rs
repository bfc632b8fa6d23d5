//! The client on real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod command;
mod cycles;
mod faults;
mod fleet;
mod restarts;
mod rows;
