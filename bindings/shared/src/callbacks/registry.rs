//! The functions that a program registers with a running client.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};

use fh_client::Client;

use super::call::{Call, Callback, Seen, Target};
use super::interest::Interest;
use super::reports::Reports;
use crate::process::{Leak, PerProcess};

/// The number of registered functions above which a client warns once. A program that forgets to cancel registrations passes it.
const MANY: usize = 1000;
/// The number of keys that the warning names.
const NAMED: usize = 5;

/// A function that is registered, and the guard that ends its registration when it is dropped. A registration that a forked child process
/// has inherited has no guard until the client starts anew there.
struct Registered<F> {
    /// Dropped first, because the end of a registration notifies an interceptor.
    guard: Option<fh_client::Subscription>,
    target: Arc<Target<F>>,
    interest: Arc<Interest<F>>,
}

/// The functions that are registered with a client. No function is called or dropped while the lock is held.
pub struct Registry<F: Callback>(PerProcess<Functions<F>>);

struct Functions<F>(Mutex<Inner<F>>);

struct Inner<F> {
    registered: BTreeMap<u64, Registered<F>>,
    next: u64,
    /// True after the warning of [`Inner::too_many`].
    has_warned: bool,
}

impl<F> Default for Inner<F> {
    fn default() -> Self {
        Self { registered: BTreeMap::new(), next: 0, has_warned: false }
    }
}

impl<F: Callback> Inner<F> {
    /// Returns the warning, once, if there are many functions. It names the features that have most of them.
    fn too_many(&mut self) -> Option<String> {
        if self.has_warned || self.registered.len() <= MANY {
            return None;
        }
        self.has_warned = true;
        let mut by_key: BTreeMap<&str, usize> = BTreeMap::new();
        for key in self.registered.values().filter_map(|registered| registered.interest.key()) {
            *by_key.entry(key).or_default() += 1;
        }
        let mut by_key: Vec<_> = by_key.into_iter().collect();
        by_key.sort_by_key(|(_, listeners)| Reverse(*listeners));
        let most: Vec<String> = by_key
            .iter()
            .take(NAMED)
            .map(|(key, listeners)| format!("{key} ({listeners})"))
            .collect();
        let of =
            if most.is_empty() { String::new() } else { format!(", most for {}", most.join(", ")) };
        let listeners = self.registered.len();
        Some(format!(
            "a client has {listeners} listeners{of}; cancel those that are no longer needed"
        ))
    }
}

impl<F> Functions<F> {
    fn inner(&self) -> MutexGuard<'_, Inner<F>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the functions of the parent process, whose guards are never dropped. A lock that another thread held at the fork stays locked;
    /// the functions are then lost.
    fn take(&self) -> Inner<F> {
        let mut inner = match self.0.try_lock() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(inner)) => inner.into_inner(),
            Err(TryLockError::WouldBlock) => return Inner::default(),
        };
        let mut taken = mem::take(&mut *inner);
        taken.registered.values_mut().for_each(|registered| mem::forget(registered.guard.take()));
        taken
    }
}

impl<F> Leak for Functions<F> {
    fn leak(&self) {
        drop(self.take());
    }
}

impl<F: Callback> Default for Registry<F> {
    fn default() -> Self {
        Self(PerProcess::of(Functions(Mutex::default())))
    }
}

impl<F: Callback> Registry<F> {
    /// The functions of this process.
    fn here(&self) -> &Functions<F> {
        self.0.get_or_make(|inherited| {
            Functions(Mutex::new(inherited.map(Functions::take).unwrap_or_default()))
        })
    }

    /// Registers a function with a client. Logs one warning when there are more than 1,000 functions.
    pub fn add(
        self: &Arc<Self>,
        client: &Client,
        function: F,
        reports: Reports,
        interest: Interest<F>,
    ) -> Registration<F> {
        let seen = interest.peek(client).map(|detail| Seen::of(&detail));
        let target = Target::new(function, reports, seen);
        let guard = Some(interest.register(client, Call::of(&target)));
        let mut inner = self.here().inner();
        let id = inner.next;
        inner.next += 1;
        inner.registered.insert(id, Registered { target, interest: Arc::new(interest), guard });
        let warning = inner.too_many();
        drop(inner);
        if let Some(warning) = warning {
            tracing::warn!(target: "fh_client::listeners", "{warning}");
        }
        Registration { registry: Arc::downgrade(self), id }
    }

    /// Returns true if no function is registered.
    pub fn is_empty(&self) -> bool {
        self.here().inner().registered.is_empty()
    }

    /// Registers the inherited functions with the client that a forked child process has started. A listener for changes gets the change
    /// between what the parent process reported to it last and the present state.
    pub fn begin_anew(&self, client: &Client) {
        let inner = self.here().inner();
        let inherited: Vec<_> = inner
            .registered
            .iter()
            .filter(|(_, registered)| registered.guard.is_none())
            .map(|(id, registered)| {
                (*id, Call::of(&registered.target), Arc::clone(&registered.interest))
            })
            .collect();
        // A registration reads features, and a read calls interceptors.
        drop(inner);
        for (id, call, interest) in inherited {
            let mut guard = Some(interest.register(client, call.clone()));
            if let Some(registered) = self.here().inner().registered.get_mut(&id) {
                mem::swap(&mut registered.guard, &mut guard);
            }
            // The registration was cancelled meanwhile if it does not exist any more.
            drop(guard);
            if let Some(now) = interest.peek(client) {
                call.with_missed(now);
            }
        }
    }

    /// Ends all registrations.
    pub fn clear(&self) {
        let registered = mem::take(&mut self.here().inner().registered);
        drop(registered);
    }

    /// Shows all functions to a garbage collector. Shows none if another thread holds the lock, because the collector has stopped it.
    ///
    /// # Errors
    /// The first error of `visit`.
    pub fn visit<E>(&self, mut visit: impl FnMut(&F) -> Result<(), E>) -> Result<(), E> {
        let Some(Ok(inner)) = self.0.newest().map(|here| here.0.try_lock()) else { return Ok(()) };
        inner.registered.values().try_for_each(|registered| visit(registered.target.function()))
    }
}

/// The registration of a function. It lasts until [`Self::cancel`], or until the client has ended.
pub struct Registration<F: Callback> {
    registry: Weak<Registry<F>>,
    id: u64,
}

impl<F: Callback> Registration<F> {
    /// Ends the registration. A call that has begun may still run.
    pub fn cancel(&self) {
        let Some(registry) = self.registry.upgrade() else { return };
        let removed = registry.here().inner().registered.remove(&self.id);
        // The function is dropped after the lock is released.
        drop(removed);
    }

    /// Returns true until the registration ends.
    #[must_use]
    pub fn is_active(&self) -> bool {
        let registry = self.registry.upgrade();
        registry.is_some_and(|registry| registry.here().inner().registered.contains_key(&self.id))
    }
}
