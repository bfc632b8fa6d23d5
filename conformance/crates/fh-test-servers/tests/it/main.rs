//! Tests of the servers with plain sockets: the replays of what the real servers answered, and each fault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod client;
mod featbit;
mod featurehub;
mod featuresignals;
mod program;
