//! The cells of columns of lists.

use std::ops::Range;

use super::offsets::{offsets, range};
use crate::column_type::ListLayout;
use crate::error::Fault;
use crate::interface::ArrowArray;

#[derive(Debug, Clone, Copy)]
pub(super) enum Lists<'a> {
    Small(&'a [i32]),
    Large(&'a [i64]),
    Fixed { size: usize },
}

impl<'a> Lists<'a> {
    /// Returns the lists of some rows, with the first element that belongs to them, and the number of elements from there on.
    pub(super) fn new(
        layout: ListLayout,
        array: &'a ArrowArray,
        from: usize,
        count: usize,
    ) -> Result<(Self, usize, usize), Fault> {
        Ok(match layout {
            ListLayout::Small => {
                let (offsets, end) = offsets(array, from, count)?;
                (Self::Small(offsets), 0, end)
            }
            ListLayout::Large => {
                let (offsets, end) = offsets(array, from, count)?;
                (Self::Large(offsets), 0, end)
            }
            ListLayout::Fixed(size) => {
                let first = from.checked_mul(size).ok_or(Fault::TooLong)?;
                let elements = count.checked_mul(size).ok_or(Fault::TooLong)?;
                (Self::Fixed { size }, first, elements)
            }
        })
    }

    #[inline]
    pub(super) fn get(self, row: usize) -> Result<Range<usize>, Fault> {
        match self {
            Self::Small(offsets) => range(offsets, row),
            Self::Large(offsets) => range(offsets, row),
            Self::Fixed { size } => {
                let start = row.checked_mul(size).ok_or(Fault::TooLong)?;
                Ok(start..start.checked_add(size).ok_or(Fault::TooLong)?)
            }
        }
    }
}
