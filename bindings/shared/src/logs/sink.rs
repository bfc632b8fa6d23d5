//! The function of the program that gets log records.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use super::collector::set_level;
use super::queue::{Queue, Record};
use crate::language::Spelling;

/// The function that gets log records, in the form in which a binding keeps it.
pub struct Sink<F: ?Sized>(Mutex<Option<Arc<F>>>);

impl<F: ?Sized> Sink<F> {
    /// Returns a place without a function.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Mutex::new(None))
    }

    fn function(&self) -> MutexGuard<'_, Option<Arc<F>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the function and the level. `deliver` is that of [`set_level`].
    pub fn set(&self, function: Option<Arc<F>>, level: LevelFilter, deliver: fn(&Queue)) {
        let former = std::mem::replace(&mut *self.function(), function);
        // A former function is dropped without the lock.
        drop(former);
        set_level(level, deliver);
    }

    /// Returns the function, and the records that wait as a list in JSON: `[{"level": "WARN", "text": …}]`. `None` without a function, and
    /// without records.
    pub fn waiting(&self) -> Option<(Arc<F>, String)> {
        let function = self.function().clone()?;
        let (records, dropped) = Queue::here().take();
        let missing = (dropped > 0).then(|| Record::of_dropped(dropped));
        let records: Vec<Value> = records.iter().chain(&missing).map(written).collect();
        (!records.is_empty()).then(|| (function, json!(records).to_string()))
    }
}

fn written(record: &Record) -> Value {
    json!({ "level": record.level.as_str(), "text": Spelling::Camel.spell_in(&record.text()) })
}
