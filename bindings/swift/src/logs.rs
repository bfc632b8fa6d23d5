//! Log records for the program.

use std::sync::Arc;

use fh_binding::logs::Queue;
use tracing::level_filters::LevelFilter;

use crate::function::NativeFunction;
use crate::job::{Job, PUMP, SINK};
use crate::panics::guarded;

/// The level from which on the program gets log records.
#[derive(Clone, Copy, uniffi::Enum)]
pub(crate) enum NativeLevel {
    Off,
    Error,
    Warning,
    Info,
    Debug,
    Trace,
}

impl From<NativeLevel> for LevelFilter {
    fn from(level: NativeLevel) -> Self {
        match level {
            NativeLevel::Off => Self::OFF,
            NativeLevel::Error => Self::ERROR,
            NativeLevel::Warning => Self::WARN,
            NativeLevel::Info => Self::INFO,
            NativeLevel::Debug => Self::DEBUG,
            NativeLevel::Trace => Self::TRACE,
        }
    }
}

/// Sets the level, and the function that gets the records as a list in JSON.
#[uniffi::export]
fn set_logs(level: NativeLevel, sink: Option<Arc<dyn NativeFunction>>) {
    guarded((), || SINK.set(sink, level.into(), deliver));
}

/// Delivers the records of a queue, on a thread of its own.
fn deliver(queue: &Queue) {
    while queue.wait() {
        let _ = PUMP.call(Job::Logs);
        queue.delivered();
    }
}
