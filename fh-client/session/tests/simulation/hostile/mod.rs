//! Bytes as a script of network events, responses and commands for a [`fh_session::Session`]. The fuzz target `session` includes this module
//! by its path, and checks invariants after each step.

mod body;
mod script;

pub use script::{Player, play};
