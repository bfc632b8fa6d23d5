//! Values by small numbers, which threads read without a lock.

use std::sync::{Mutex, OnceLock, PoisonError};

const BLOCKS: usize = 64;
const BLOCK: usize = 64;
type Block<T> = [OnceLock<T>; BLOCK];

/// Values by numbers below 4,096. They are in blocks, so that few values need little memory.
pub(crate) struct Numbered<T>([OnceLock<Box<Block<T>>>; BLOCKS]);

impl<T> Numbered<T> {
    pub(crate) const fn new() -> Self {
        Self([const { OnceLock::new() }; BLOCKS])
    }

    /// Returns the place of the value with this number; `None` if the number is too large.
    pub(crate) fn place(&self, number: usize) -> Option<&OnceLock<T>> {
        let block = self.0.get(number / BLOCK)?;
        block.get_or_init(|| Box::new([const { OnceLock::new() }; BLOCK])).get(number % BLOCK)
    }

    /// Returns the value with this number.
    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        let block = self.0.get(number / BLOCK)?.get()?;
        block.get(number % BLOCK)?.get()
    }
}

/// Values that get small numbers one after the other.
pub(crate) struct Numbering<T> {
    values: Numbered<T>,
    next: Mutex<usize>,
}

impl<T> Numbering<T> {
    pub(crate) const fn new() -> Self {
        Self { values: Numbered::new(), next: Mutex::new(0) }
    }

    /// Returns a number for a value; `None` if there are too many values.
    pub(crate) fn add(&self, value: T) -> Option<i32> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *next;
        self.values.place(number)?.set(value).ok()?;
        *next = number + 1;
        i32::try_from(number).ok()
    }

    /// Returns the value with this number.
    pub(crate) fn get(&self, number: i32) -> Option<&T> {
        self.values.get(usize::try_from(number).ok()?)
    }
}
