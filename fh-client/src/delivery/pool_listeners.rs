//! The threads that call the listeners and observers of all contexts of a pool: one, and more while calls hang.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use fh_repository::Repository;

use super::listener_queue::{ListenerQueue, Seat};

/// Threads that several clients share. The first one starts with the first client, and all end with the last client. A later
/// client starts a new thread.
#[derive(Clone, Default)]
pub(crate) struct PoolListeners(Arc<Mutex<Option<Arc<ListenerQueue>>>>);

impl PoolListeners {
    /// Registers a client, and starts the thread if no thread is running.
    ///
    /// # Errors
    /// An [`io::Error`] if the operating system cannot start a thread.
    pub(super) fn serve(&self, repository: &Repository) -> io::Result<Seat> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seat = held.as_ref().and_then(|queue| queue.register(repository));
        let seat = match seat {
            Some(seat) => seat,
            None => {
                let queue = ListenerQueue::new(None);
                let seat = queue.register(repository).ok_or(io::ErrorKind::Other)?;
                queue.start()?;
                *held = Some(queue);
                seat
            }
        };
        drop(held);
        seat.attach(repository);
        Ok(seat)
    }
}

impl fmt::Debug for PoolListeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolListeners").finish_non_exhaustive()
    }
}
