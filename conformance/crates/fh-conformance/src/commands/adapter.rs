//! The command `adapter`.

use clap::Subcommand;

use super::Ended;
use super::adapter_new;

/// Work with adapters.
#[derive(Debug, Subcommand)]
pub(crate) enum Adapter {
    /// Write the files of a new adapter: the loop, and the operations to fill in.
    New(adapter_new::Arguments),
}

pub(super) fn adapter(command: &Adapter) -> Ended {
    match command {
        Adapter::New(arguments) => adapter_new::adapter_new(arguments),
    }
}
