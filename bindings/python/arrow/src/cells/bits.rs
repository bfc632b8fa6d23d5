//! Parts of buffers of bits: booleans, and which cells are not null.

use super::element::element;
use crate::error::Fault;
use crate::interface::ArrowArray;

/// A part of a buffer of bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The position of the first bit in the first byte.
    first: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(
        array: &'a ArrowArray,
        index: usize,
        from: usize,
        count: usize,
    ) -> Result<Self, Fault> {
        let first = from % 8;
        let bytes = first.checked_add(count).ok_or(Fault::TooLong)?.div_ceil(8);
        Ok(Self { bytes: array.elements(index, from / 8, bytes)?, first })
    }

    /// Reads which values of an array are not null. Returns `None` if no value is null.
    pub(super) fn of_validity(
        array: &'a ArrowArray,
        from: usize,
        count: usize,
    ) -> Result<Option<Self>, Fault> {
        if array.has_no_nulls() || !array.has_buffer(0) {
            return Ok(None);
        }
        Self::new(array, 0, from, count).map(Some)
    }

    #[inline]
    pub(super) fn get(self, row: usize) -> Result<bool, Fault> {
        let bit = self.first + row;
        Ok(element(self.bytes, bit / 8)? >> (bit % 8) & 1 == 1)
    }
}
