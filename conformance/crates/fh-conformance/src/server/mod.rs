//! Compares an Edge with the recorded answers of a running FeatureHub server, and runs the scenarios that every Edge must pass.
//!
//! All requests go over real sockets through a client of this crate ([`wire`]). It can send malformed requests and show the received bytes,
//! and it works with any server, not only with ours.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod evaluations;
pub mod replay;
pub mod scenario;
pub mod state;
pub mod transcript;
pub mod wire;
