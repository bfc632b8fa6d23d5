//! Operations that end later. Threads of Java do their steps.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use fh_binding::operations::{Answer, Later};

use crate::functions::Function;
use crate::handles::Handles;
use crate::jobs::{Job, PUMP};

/// An operation that ends later.
pub(crate) struct Task(Mutex<Option<Running>>);

struct Running {
    future: Later,
    /// The function that gets the answer.
    done: Function,
}

/// The operations that have not ended, by the numbers that Java has for them.
static TASKS: Handles<Arc<Task>> = Handles::new();

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
    pub(crate) fn poll(self: &Arc<Self>) -> Option<(Function, Answer)> {
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

/// Begins an operation, and returns its number.
pub(crate) fn begin(future: Later, done: Function) -> i64 {
    let task = Arc::new(Task(Mutex::new(Some(Running { future, done }))));
    let number = TASKS.add(Arc::clone(&task));
    task.wake();
    number
}

/// Forgets an operation, which is given up unless it has ended.
pub(crate) fn forget(number: i64) {
    let Some(task) = TASKS.take(number) else { return };
    let running = task.running().take();
    drop(running);
}
