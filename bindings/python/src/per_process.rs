//! A value that each process makes for itself. A forked child process inherits the value of its parent, and makes its own at its first use.

use std::mem;
use std::sync::OnceLock;

use crate::fork::forks;

/// A value that must not be dropped in another process than the one that made it, because dropping it would send a message to a thread of
/// that process, or wait for a lock that such a thread held at the fork.
pub(crate) trait Leak {
    /// Makes dropping this value harmless. Takes no lock that could be waited for.
    fn leak(&self);
}

/// A clone that is never dropped keeps the handle's client from ending.
macro_rules! leak_by_a_clone {
    ($($handle:ty),*) => {
        $(impl Leak for $handle {
            fn leak(&self) {
                mem::forget(self.clone());
            }
        })*
    };
}

leak_by_a_clone!(
    fh_client::Client,
    fh_client::Context,
    fh_client::Feature,
    fh_client::Snapshot,
    fh_client::TestUpdates
);

/// The value of this process, behind the values of the processes that it descends from. A read takes no lock.
pub(crate) struct PerProcess<T: Leak> {
    first: OnceLock<Made<T>>,
}

/// A value with the number of forks at which it was made.
struct Made<T: Leak> {
    forks: u64,
    value: T,
    /// The value of a child process.
    next: OnceLock<Box<Self>>,
}

impl<T: Leak> Made<T> {
    const fn new(forks: u64, value: T) -> Self {
        Self { forks, value, next: OnceLock::new() }
    }
}

impl<T: Leak> PerProcess<T> {
    /// A value that no process has made yet.
    pub(crate) const fn unmade() -> Self {
        Self { first: OnceLock::new() }
    }

    /// A value that this process has made.
    pub(crate) fn of(value: T) -> Self {
        Self { first: OnceLock::from(Made::new(forks(), value)) }
    }

    /// Returns the value of this process, or `None` if this process has not made it yet.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        let mut made = self.first.get()?;
        let now = forks();
        while made.forks != now {
            made = made.next.get()?;
        }
        Some(&made.value)
    }

    /// Returns the newest value that this process has made or inherited.
    pub(crate) fn newest(&self) -> Option<&T> {
        self.last().map(|made| &made.value)
    }

    fn last(&self) -> Option<&Made<T>> {
        let mut made = self.first.get()?;
        while let Some(next) = made.next.get() {
            made = next;
        }
        Some(made)
    }

    /// Makes this the value of this process. If another thread was faster, its value stays, and this one is dropped.
    pub(crate) fn set(&self, value: T) {
        let made = Made::new(forks(), value);
        let lost = match self.last() {
            None => self.first.set(made).err(),
            Some(last) if last.forks == made.forks => Some(made),
            Some(last) => last.next.set(Box::new(made)).err().map(|made| *made),
        };
        drop(lost);
    }
}

impl<T: Leak> Drop for Made<T> {
    fn drop(&mut self) {
        if self.forks != forks() {
            self.value.leak();
        }
    }
}
