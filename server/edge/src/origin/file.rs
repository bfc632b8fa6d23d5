//! A state file, and a thread that reads the file again when it changes.

pub(crate) mod last_good;
mod places;
mod state_file;
mod watch;

pub use state_file::{FileError, FileProblem, Loaded, StateFile, check};
pub use watch::Watch;
