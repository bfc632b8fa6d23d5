//! Servers for tests on real sockets. Each is correct by default, fails as a test scripts it, and records everything that it receives.
//!
//! They share no code with clients and engines, so that each is an independent implementation of its protocol.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "featbit")]
pub mod featbit;
pub mod featurehub;
#[cfg(feature = "featuresignals")]
pub mod featuresignals;
#[cfg(all(unix, feature = "postgres"))]
pub mod postgres;
pub mod server;
