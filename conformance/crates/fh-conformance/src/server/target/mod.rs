//! Servers that are described by a target file: their address, and their ids and keys under the names of the scenarios' state.

mod file;
mod launcher;
mod members;
mod template;

pub use file::{TargetError, TargetFile};
pub use launcher::TargetServer;
pub use template::{Template, template};
