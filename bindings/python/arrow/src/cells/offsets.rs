//! The offsets of values of different lengths.

use std::ops::Range;

use super::element::element;
use crate::error::Fault;
use crate::interface::{ArrowArray, Plain};

/// Reads the offsets of `count` values, and returns them with the end of the last value.
pub(super) fn offsets<T: Plain + TryInto<usize>>(
    array: &ArrowArray,
    from: usize,
    count: usize,
) -> Result<(&[T], usize), Fault> {
    if count == 0 {
        return Ok((&[], 0));
    }
    let offsets: &[T] = array.elements(1, from, count.checked_add(1).ok_or(Fault::TooLong)?)?;
    Ok((offsets, element(offsets, count)?.try_into().map_err(|_| Fault::Offsets)?))
}

/// Returns the range of a value between two neighbouring offsets.
#[inline]
pub(super) fn range<T: Copy + TryInto<usize>>(
    offsets: &[T],
    row: usize,
) -> Result<Range<usize>, Fault> {
    let start = element(offsets, row)?.try_into().map_err(|_| Fault::Offsets)?;
    let end = element(offsets, row + 1)?.try_into().map_err(|_| Fault::Offsets)?;
    if start > end { Err(Fault::Offsets) } else { Ok(start..end) }
}
