//! Tests of the public API of fh-session.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod context_header;
mod edge_url;
#[cfg(feature = "featbit")]
mod featbit;
mod featurehub;
#[cfg(feature = "featuresignals")]
mod featuresignals;
mod key;
mod secrets;
mod sse;
