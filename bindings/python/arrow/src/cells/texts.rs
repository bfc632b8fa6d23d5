//! The cells of columns of texts.

use super::offsets::{offsets, range};
use crate::column_type::TextLayout;
use crate::error::Fault;
use crate::interface::ArrowArray;

#[derive(Debug)]
pub(super) enum Texts<'a> {
    Small { offsets: &'a [i32], bytes: &'a [u8] },
    Large { offsets: &'a [i64], bytes: &'a [u8] },
    Views { views: &'a [[u8; 16]], buffers: Vec<&'a [u8]> },
}

impl<'a> Texts<'a> {
    pub(super) fn new(
        layout: TextLayout,
        array: &'a ArrowArray,
        from: usize,
        count: usize,
    ) -> Result<Self, Fault> {
        Ok(match layout {
            TextLayout::Small => {
                let (offsets, size) = offsets(array, from, count)?;
                Self::Small { offsets, bytes: array.elements(2, 0, size)? }
            }
            TextLayout::Large => {
                let (offsets, size) = offsets(array, from, count)?;
                Self::Large { offsets, bytes: array.elements(2, 0, size)? }
            }
            TextLayout::View => {
                let views = array.elements(1, from, count)?;
                // The last buffer holds the sizes of the buffers between the views and itself.
                let buffers = array.buffer_count().checked_sub(3).ok_or(Fault::MissingBuffer)?;
                let sizes: &[i64] = array.elements(buffers + 2, 0, buffers)?;
                let buffers = (2..).zip(sizes).map(|(index, size)| {
                    let size = usize::try_from(*size).map_err(|_| Fault::NegativeLength)?;
                    array.elements(index, 0, size)
                });
                Self::Views { views, buffers: buffers.collect::<Result<_, _>>()? }
            }
        })
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Result<&'a str, Fault> {
        let bytes = match self {
            Self::Small { offsets, bytes } => bytes.get(range(offsets, row)?),
            Self::Large { offsets, bytes } => bytes.get(range(offsets, row)?),
            Self::Views { views, buffers } => {
                viewed(views.get(row).ok_or(Fault::TooShort)?, buffers)
            }
        };
        str::from_utf8(bytes.ok_or(Fault::Offsets)?).map_err(|_| Fault::TextNotUtf8)
    }
}

/// Returns the bytes of a view: up to twelve stand in the view itself, more stand in a buffer.
fn viewed<'a>(view: &'a [u8; 16], buffers: &[&'a [u8]]) -> Option<&'a [u8]> {
    /// The most bytes that stand in a view.
    const INLINE: usize = 12;
    let [length, _prefix, buffer, offset] = {
        let (words, _) = view.as_chunks::<4>();
        let mut numbers = words.iter().map(|word| usize::try_from(i32::from_le_bytes(*word)).ok());
        std::array::from_fn(|_| numbers.next().flatten())
    };
    let length = length?;
    if length <= INLINE {
        return view.get(4..4 + length);
    }
    let offset = offset?;
    buffers.get(buffer?)?.get(offset..offset.checked_add(length)?)
}
