//! Values that each process makes for itself. A forked child process inherits the value of its parent, and makes its own at its first use.
//!
//! The value of the parent is never dropped in the child, because dropping it would send a message to a thread that does not exist there, or
//! wait for a lock that such a thread held at the fork.

use std::mem;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

static FORKS: AtomicU64 = AtomicU64::new(0);

/// Returns the number of forks between the first process and this one. Two processes of one line of descent have different numbers, if the
/// binding calls [`count_fork`].
#[inline]
pub fn forks() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// Counts a fork. A binding calls this function in each child process before other code runs there, for example in the child handler of
/// `pthread_atfork`. It takes no lock and allocates nothing.
pub fn count_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// A value that must not be dropped in another process than the one that made it.
pub trait Leak {
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

impl<T> Leak for std::sync::Arc<T> {
    fn leak(&self) {
        mem::forget(Self::clone(self));
    }
}

/// The value of this process, behind the values of the processes that it descends from. A read takes no lock.
pub struct PerProcess<T: Leak> {
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
    /// Returns a value that no process has made yet.
    #[must_use]
    pub const fn unmade() -> Self {
        Self { first: OnceLock::new() }
    }

    /// Returns a value that this process has made.
    pub fn of(value: T) -> Self {
        Self { first: OnceLock::from(Made::new(forks(), value)) }
    }

    /// Returns the value of this process, or `None` if this process has not made it yet.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        let mut made = self.first.get()?;
        let now = forks();
        while made.forks != now {
            made = made.next.get()?;
        }
        Some(&made.value)
    }

    /// Returns the newest value that this process has made or inherited.
    pub fn newest(&self) -> Option<&T> {
        self.last().map(|made| &made.value)
    }

    /// Returns the value of this process. If it has not made one yet, `make` makes it from the newest inherited value.
    pub fn get_or_make(&self, make: impl Fn(Option<&T>) -> T) -> &T {
        loop {
            if let Some(value) = self.get() {
                return value;
            }
            self.set(make(self.newest()));
        }
    }

    fn last(&self) -> Option<&Made<T>> {
        let mut made = self.first.get()?;
        while let Some(next) = made.next.get() {
            made = next;
        }
        Some(made)
    }

    /// Makes this the value of this process. If another thread was faster, its value stays, and this one is dropped.
    pub fn set(&self, value: T) {
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
