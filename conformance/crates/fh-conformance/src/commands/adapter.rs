//! The command `adapter`.

use clap::Subcommand;

use super::{Ended, Problem, adapter_check, adapter_new};
use crate::data::Data;
use crate::rust_adapter;

/// Work with adapters.
#[derive(Debug, Subcommand)]
pub(crate) enum Adapter {
    /// Write the files of a new adapter: the loop, and the operations to fill in.
    New(adapter_new::Arguments),
    /// Be the adapter of this project's Rust client: read commands from standard input, and write
    /// answers and events to standard output.
    Rust,
    /// Check an adapter itself, so that its defects do not look like defects of the SDK.
    Check(adapter_check::Arguments),
}

pub(super) fn adapter(data: &Data, command: &Adapter) -> Ended {
    match command {
        Adapter::New(arguments) => adapter_new::adapter_new(data, arguments),
        Adapter::Rust => rust_adapter::run().map(|()| 0).map_err(Problem::Outside),
        Adapter::Check(arguments) => adapter_check::adapter_check(data, arguments),
    }
}
