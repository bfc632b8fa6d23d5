//! Operations that end later.

use std::sync::Arc;

use fh_binding::operations::{Later, Task};

use crate::function::NativeFunction;
use crate::job::{Job, PUMP};
use crate::panics::guarded;

/// An operation that has begun.
#[derive(uniffi::Object)]
pub(crate) struct NativeOperation(Arc<Task<Arc<dyn NativeFunction>>>);

impl NativeOperation {
    pub(crate) fn begin(future: Later, done: Arc<dyn NativeFunction>) -> Self {
        Self(Task::begin(future, done, |task| PUMP.post(Job::Poll(task))))
    }
}

#[uniffi::export]
impl NativeOperation {
    /// Gives the operation up unless it has ended.
    fn cancel(&self) {
        guarded((), || self.0.cancel());
    }
}
