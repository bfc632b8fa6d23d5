//! The command `adapter`.

use clap::Subcommand;

use super::adapter_new;
use super::{Ended, Problem};
use crate::rust_adapter;

/// Work with adapters.
#[derive(Debug, Subcommand)]
pub(crate) enum Adapter {
    /// Write the files of a new adapter: the loop, and the operations to fill in.
    New(adapter_new::Arguments),
    /// Be the adapter of this project's Rust client: read commands from standard input, and write
    /// answers and events to standard output.
    Rust,
}

pub(super) fn adapter(command: &Adapter) -> Ended {
    match command {
        Adapter::New(arguments) => adapter_new::adapter_new(arguments),
        Adapter::Rust => rust_adapter::run().map(|()| 0).map_err(Problem::Outside),
    }
}
