//! Numbers that stand for values of Rust in Java. A number that stands for nothing any more has no effect, so that no mistake of a program
//! can reach freed memory.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// The values of one kind, by their numbers.
pub(crate) struct Handles<T: Send + 'static> {
    values: LazyLock<Mutex<Values<T>>>,
}

struct Values<T> {
    by_number: HashMap<i64, T>,
    last: i64,
}

impl<T: Send + 'static> Handles<T> {
    pub(crate) const fn new() -> Self {
        let empty = || Mutex::new(Values { by_number: HashMap::new(), last: 0 });
        Self { values: LazyLock::new(empty) }
    }

    fn values(&self) -> MutexGuard<'_, Values<T>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a value, and returns its number, which is never 0 and never used again.
    pub(crate) fn add(&self, value: T) -> i64 {
        let mut values = self.values();
        values.last += 1;
        let number = values.last;
        values.by_number.insert(number, value);
        number
    }

    /// Returns the value with this number, and forgets the number. The value is dropped by the caller, without the lock.
    pub(crate) fn take(&self, number: i64) -> Option<T> {
        self.values().by_number.remove(&number)
    }
}

impl<T: Clone + Send + 'static> Handles<T> {
    pub(crate) fn get(&self, number: i64) -> Option<T> {
        self.values().by_number.get(&number).cloned()
    }
}
