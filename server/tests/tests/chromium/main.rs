//! Tests of the console in a real Chromium, by keyboard and mouse, with an Edge on a real socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod browser;
mod editing;
mod evaluation;
mod features;
mod page;
mod pictures;
mod shop;
mod signing_in;
mod strategies;
mod words;
