//! Locks that outlive a panic in a test's closure.
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic of somebody else's closure must not hide what happened behind a poisoned lock.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
