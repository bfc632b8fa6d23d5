//! Bytes as a script: what a network, an Edge and people may do to a [`fh_session::Session`], and what has to hold after each step.

mod body;
mod script;
mod watched;

pub use script::play;
