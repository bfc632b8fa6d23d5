//! What this crate finds, that it finds it, and what our Edge answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod administered;
mod edge;
mod playback;
mod recorded;
mod replaying;
mod scenarios;
mod second;
