//! Bytes as a script of network events, responses and commands for a [`fh_session::Session`], with invariants checked after
//! each step.

mod body;
mod script;
mod watched;

pub use script::play;
