//! Tests of our Edge against the recordings and scenarios, and tests that this crate finds differences.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod administered;
mod edge;
mod playback;
mod recorded;
mod replaying;
mod scenarios;
mod second;
mod targets;
