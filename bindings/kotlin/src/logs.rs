//! Log records for the program.

use std::sync::{Arc, Mutex, PoisonError};

use fh_binding::logs::{self, Queue, Record};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::functions::Function;
use crate::jobs::{Job, PUMP};

/// The function that gets the records.
static SINK: Mutex<Option<Arc<Function>>> = Mutex::new(None);

/// The levels, in the order of the package's enumeration.
const LEVELS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// Sets the level, and the function that gets the records.
pub(crate) fn set(level: i32, sink: Option<Function>) {
    let level = usize::try_from(level).ok().and_then(|at| LEVELS.get(at));
    let former = std::mem::replace(
        &mut *SINK.lock().unwrap_or_else(PoisonError::into_inner),
        sink.map(Arc::new),
    );
    drop(former);
    logs::set_level(level.copied().unwrap_or(LevelFilter::OFF), deliver);
}

/// The work of the thread that delivers records.
fn deliver(queue: &Queue) {
    while queue.wait() {
        let _ = PUMP.call(Job::Logs);
        queue.delivered();
    }
}

/// Returns the function and the records that wait.
pub(crate) fn waiting() -> Option<(Arc<Function>, String)> {
    let sink = SINK.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
    let (records, dropped) = Queue::here().take();
    let missing = (dropped > 0).then(|| Record::of_dropped(dropped));
    let records: Vec<Value> =
        records.into_iter().chain(missing).map(|each| written(&each)).collect();
    (!records.is_empty()).then(|| (sink, json!(records).to_string()))
}

fn written(record: &Record) -> Value {
    let level = LEVELS.iter().position(|level| *level == LevelFilter::from_level(record.level));
    json!({ "level": level.unwrap_or_default(), "text": record.text() })
}
