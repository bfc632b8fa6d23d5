//! Values by small numbers, which threads read without a lock.

use std::sync::OnceLock;

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
