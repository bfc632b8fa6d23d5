//! The warnings and errors that the SDK logs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use log::{Log, Metadata, Record};

/// The logger of this program.
pub(crate) static WARNINGS: Warnings = Warnings(Mutex::new(Vec::new()));

pub(crate) struct Warnings(Mutex<Vec<String>>);

impl Warnings {
    /// Removes the texts that have been logged since the last call, and returns them.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.texts())
    }

    fn texts(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Warnings {
    /// The SDK's transport logs for itself.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("featbit_server_sdk")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.texts().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}
