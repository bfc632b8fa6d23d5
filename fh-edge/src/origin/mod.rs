//! Where an Edge's state comes from.

pub mod file;
pub mod relay;
