//! The steps of an operation that ends later. A binding takes each step on a thread of its language.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::answer::Answer;
use super::later::Later;

/// An operation that has begun. `D` is the form in which a binding keeps the function that gets the answer.
pub struct Task<D> {
    running: Mutex<Option<Running<D>>>,
    /// Queues the next step.
    queue: fn(Arc<Self>),
}

struct Running<D> {
    future: Later,
    done: D,
}

impl<D: Send + 'static> Task<D> {
    /// Begins an operation, and queues its first step. `queue` makes a thread call [`Self::step`].
    pub fn begin(future: Later, done: D, queue: fn(Arc<Self>)) -> Arc<Self> {
        let task = Arc::new(Self { running: Mutex::new(Some(Running { future, done })), queue });
        queue(Arc::clone(&task));
        task
    }

    fn running(&self) -> MutexGuard<'_, Option<Running<D>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls the future of the operation. The last step returns the function with the answer.
    pub fn step(self: &Arc<Self>) -> Option<(D, Answer)> {
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

    /// Ends the operation without an answer, unless it has ended.
    pub fn cancel(&self) {
        let running = self.running().take();
        // The function is dropped after the lock is released.
        drop(running);
    }
}

impl<D: Send + 'static> Wake for Task<D> {
    fn wake(self: Arc<Self>) {
        (self.queue)(self);
    }
}
