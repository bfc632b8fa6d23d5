//! Compares an Edge with the recorded answers of a running FeatureHub server, and runs the scenarios that every Edge must pass.
//!
//! All requests go over real sockets through a client of this module ([`wire`]). It can send malformed requests and show the received
//! bytes, and it works with any server, not only with ours.

pub mod evaluations;
pub mod redactor;
pub mod replay;
pub mod scenario;
pub mod state;
pub mod target;
pub mod transcript;
pub mod wire;
