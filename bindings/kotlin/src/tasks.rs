//! Operations that end later, by the numbers that Java has for them. Threads of Java take their steps.

use std::sync::Arc;

use fh_binding::operations::{Later, Task};

use crate::functions::Function;
use crate::handles::Handles;
use crate::jobs::{Job, PUMP};

static TASKS: Handles<Arc<Task<Function>>> = Handles::new();

/// Begins an operation, and returns its number. The number exists until [`forget`], also after the end.
pub(crate) fn begin(future: Later, done: Function) -> i64 {
    TASKS.add(Task::begin(future, done, |task| PUMP.post(Job::Poll(task))))
}

/// Forgets an operation, which is given up unless it has ended.
pub(crate) fn forget(number: i64) {
    if let Some(task) = TASKS.take(number) {
        task.cancel();
    }
}
