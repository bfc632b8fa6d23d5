//! Locks, atomics and the pointer that readers load. They are in one module, so that loom can replace them (`--cfg loom`).

use std::sync::{Arc, PoisonError};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
#[cfg(loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};

/// Locks a mutex. A poisoned mutex is locked as well, because all writers in this crate leave their data consistent at each step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The value that [`Pointer::load`] returns. In ordinary builds, loading the value usually counts no reference.
#[cfg(not(loom))]
pub(crate) type Loaded<T> = arc_swap::Guard<Arc<T>>;
#[cfg(loom)]
pub(crate) type Loaded<T> = Arc<T>;

/// A pointer to a shared value that is replaced as a whole. Loading the pointer takes no lock.
#[cfg(not(loom))]
pub(crate) struct Pointer<T>(arc_swap::ArcSwap<T>);

#[cfg(not(loom))]
impl<T> Pointer<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(arc_swap::ArcSwap::new(value))
    }

    #[inline]
    pub(crate) fn load(&self) -> Loaded<T> {
        self.0.load()
    }

    pub(crate) fn load_full(&self) -> Arc<T> {
        self.0.load_full()
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        self.0.store(value);
    }
}

/// A replacement for the pointer of ordinary builds, because loom does not know `arc_swap`. It is a lock that is held for the duration of a
/// load or store.
#[cfg(loom)]
pub(crate) struct Pointer<T>(Mutex<Arc<T>>);

#[cfg(loom)]
impl<T> Pointer<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn load(&self) -> Loaded<T> {
        self.load_full()
    }

    pub(crate) fn load_full(&self) -> Arc<T> {
        Arc::clone(&lock(&self.0))
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        let old = std::mem::replace(&mut *lock(&self.0), value);
        drop(old);
    }
}
