//! Log records for the program.

use std::sync::{Arc, Mutex, PoisonError};

use fh_binding::logs::{self, Queue, Record};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::function::NativeFunction;
use crate::job::{Job, PUMP};

/// The function that gets the records.
static SINK: Mutex<Option<Arc<dyn NativeFunction>>> = Mutex::new(None);

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
    let former = std::mem::replace(&mut *SINK.lock().unwrap_or_else(PoisonError::into_inner), sink);
    drop(former);
    logs::set_level(level.into(), deliver);
}

/// The work of the thread that delivers records.
fn deliver(queue: &Queue) {
    while queue.wait() {
        let _ = PUMP.call(Job::Logs);
        queue.delivered();
    }
}

/// Returns the function and the records that wait.
pub(crate) fn waiting() -> Option<(Arc<dyn NativeFunction>, String)> {
    let sink = SINK.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
    let (records, dropped) = Queue::here().take();
    let missing = (dropped > 0).then(|| Record::of_dropped(dropped));
    let records: Vec<Value> =
        records.into_iter().chain(missing).map(|each| written(&each)).collect();
    (!records.is_empty()).then(|| (sink, json!(records).to_string()))
}

fn written(record: &Record) -> Value {
    json!({ "level": record.level.as_str(), "text": record.text() })
}
