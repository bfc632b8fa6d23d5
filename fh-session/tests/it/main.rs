//! What fh-session must do, seen from outside.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod baggage;
mod hub;
mod sse;
