//! The elements of a part of a buffer.

use crate::error::Fault;

/// Returns an element of a part whose size was checked against the array's length.
#[inline]
pub(super) fn element<T: Copy>(values: &[T], row: usize) -> Result<T, Fault> {
    values.get(row).copied().ok_or(Fault::TooShort)
}
