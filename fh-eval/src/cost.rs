//! The cost of operations on supplied texts.

/// The maximum work of an operation on supplied texts, in steps. A step takes about a nanosecond on a slow machine.
/// Steps are calculated, and no time is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cost {
    /// Steps for each supplied text.
    pub(crate) per_value: u64,
    /// Steps for each byte of a supplied text.
    pub(crate) per_byte: u64,
}

impl Cost {
    /// Returns the cost of comparing a supplied text with a rule's text of `length` bytes.
    pub(crate) fn of_comparison(length: usize) -> Self {
        Self { per_value: 3 + length as u64 / 16, per_byte: 0 }
    }

    /// Returns the cost of searching a supplied text for a rule's text of `length` bytes.
    pub(crate) fn of_search(length: usize) -> Self {
        Self { per_value: 20 + 2 * length as u64, per_byte: 4 }
    }

    pub(crate) fn times(self, count: u64) -> Self {
        Self {
            per_value: self.per_value.saturating_mul(count),
            per_byte: self.per_byte.saturating_mul(count),
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            per_value: self.per_value.saturating_add(other.per_value),
            per_byte: self.per_byte.saturating_add(other.per_byte),
        }
    }
}
