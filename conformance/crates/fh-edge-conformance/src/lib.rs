//! An Edge beside what a running FeatureHub server answered, and against the scenarios that every Edge must pass.
//!
//! Everything goes over real sockets with a client of its own ([`wire`]), so that malformed requests can be sent
//! and bytes be looked at, and so that any server can be asked, not only ours.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod evaluations;
pub mod replay;
pub mod scenario;
pub mod state;
pub mod transcript;
pub mod wire;
