//! Tests of the public API of fh-session.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod sse;
