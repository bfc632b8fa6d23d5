//! Sources of an Edge's state: a state file, or another Edge.

pub mod file;
pub mod relay;
