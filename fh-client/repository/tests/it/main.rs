//! Tests of the public API of fh-repository.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod baggage;
mod bootstrap;
mod repository;
