//! The scripted Edge against plain sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod client;
mod connections;
mod faults;
mod poll;
mod put;
mod scripts;
mod stream;

use std::time::Duration;

/// Longer than anything here takes; never waited for unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);
