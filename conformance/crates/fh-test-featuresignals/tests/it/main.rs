//! Tests of the server over real sockets, against recorded answers of FeatureSignals' server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod conversation;
mod data;
mod exchange;
mod faults;
mod handlers;
mod program;
mod step;
mod streams;
