//! The functions that a program gives to the constructor of a client. They last as long as the client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fh_client::{ClientBuilder, UsageOptions};

use super::call::{Call, Callback, Target};
use super::interest::{BatchObserver, Listener};
use super::reports::Reports;

/// The functions of a client's constructor. No function is dropped while the lock is held, because a finaliser may run.
pub struct ConstructorCallbacks<F>(Mutex<Vec<Arc<Target<F>>>>);

impl<F> Default for ConstructorCallbacks<F> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<F: Callback> ConstructorCallbacks<F> {
    fn targets(&self) -> MutexGuard<'_, Vec<Arc<Target<F>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a listener, and adds it to the builder.
    pub fn add_listener(
        &self,
        builder: ClientBuilder,
        listener: Listener,
        function: F,
    ) -> ClientBuilder {
        listener.add_to(builder, self.keep(function, Reports::Each))
    }

    /// Keeps an observer that gets its events in lists, and adds it to the builder.
    pub fn add_observer(
        &self,
        builder: ClientBuilder,
        options: UsageOptions,
        function: F,
    ) -> ClientBuilder {
        builder.observer(BatchObserver(self.keep(function, Reports::first())), options)
    }

    /// Keeps another function, and returns the call of it for the client.
    pub fn keep(&self, function: F, reports: Reports) -> Call<F> {
        let target = Target::new(function, reports, None);
        let call = Call::of(&target);
        self.targets().push(target);
        call
    }

    /// Returns true if there are no functions.
    pub fn is_empty(&self) -> bool {
        self.targets().is_empty()
    }

    /// Forgets all functions.
    pub fn clear(&self) {
        let targets = std::mem::take(&mut *self.targets());
        drop(targets);
    }

    /// Shows all functions to a garbage collector. Shows none if another thread holds the lock, because the collector has stopped it.
    ///
    /// # Errors
    /// The first error of `visit`.
    pub fn visit<E>(&self, visit: impl FnMut(&F) -> Result<(), E>) -> Result<(), E> {
        let Ok(targets) = self.0.try_lock() else { return Ok(()) };
        targets.iter().map(|target| target.function()).try_for_each(visit)
    }
}
