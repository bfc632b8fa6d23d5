//! Operations that end later.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use fh_binding::operations::{Answer, Later};

use crate::function::NativeFunction;
use crate::job::{Job, PUMP};

/// An operation that has begun.
#[derive(uniffi::Object)]
pub(crate) struct NativeOperation(Arc<Task>);

/// The steps of an operation.
pub(crate) struct Task(Mutex<Option<Running>>);

struct Running {
    future: Later,
    /// The function that gets the answer.
    done: Arc<dyn NativeFunction>,
}

impl NativeOperation {
    pub(crate) fn begin(future: Later, done: Arc<dyn NativeFunction>) -> Self {
        let task = Arc::new(Task(Mutex::new(Some(Running { future, done }))));
        Arc::clone(&task).wake();
        Self(task)
    }
}

#[uniffi::export]
impl NativeOperation {
    /// Gives the operation up unless it has ended.
    fn cancel(&self) {
        let running = self.0.running().take();
        drop(running);
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        PUMP.post(Job::Poll(self));
    }
}

impl Task {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a step. Returns the function with the answer at the end.
    pub(crate) fn poll(self: &Arc<Self>) -> Option<(Arc<dyn NativeFunction>, Answer)> {
        let mut running = self.running();
        let future = &mut running.as_mut()?.future;
        let waker = Waker::from(Arc::clone(self));
        let Poll::Ready(answer) = future.as_mut().poll(&mut Context::from_waker(&waker)) else {
            return None;
        };
        let ended = running.take();
        drop(running);
        ended.map(|ended| (ended.done, answer))
    }
}
