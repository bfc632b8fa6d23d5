//! The fuzz targets: a module for each, whose function `run` panics if an input shows a bug. The programs in `conformance/fuzz/fuzz_targets` let
//! libFuzzer call these functions. The test `seeds` calls them with the inputs in `conformance/fuzz/seeds`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

/// Every program with these targets measures memory.
#[global_allocator]
static ALLOCATOR: fh_test::memory::Counting = fh_test::memory::Counting;

pub mod address;
#[cfg(feature = "edge")]
pub mod cluster;
pub mod columns;
pub mod context;
pub mod date;
#[cfg(feature = "edge")]
pub mod edge;
pub mod evaluate;
pub mod featbit;
pub mod featbit_messages;
pub mod featuresignals;
pub mod featuresignals_answers;
pub mod number;
pub mod pattern;
pub mod payload;
pub mod re2;
pub mod session;
pub mod sse;
#[cfg(feature = "edge")]
pub mod state;
pub mod version;
