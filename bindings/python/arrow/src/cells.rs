//! The cells of a column, which are added to the contexts of rows.

use std::fmt::Write as _;

use fh_eval::{Column, ColumnEvaluator, PreparedText};

use crate::column_type::{ColumnType, DecimalWidth, Float, Integer, ListLayout, TextLayout};
use crate::decimal;
use crate::error::Fault;
use crate::interface::{ArrowArray, Plain};

/// A part of a column, whose type has been read.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    validity: Option<Bits<'a>>,
    values: Values<'a>,
}

/// A part of a buffer of bits.
#[derive(Debug, Clone, Copy)]
struct Bits<'a> {
    bytes: &'a [u8],
    /// The position of the first bit in the first byte.
    first: usize,
}

#[derive(Debug)]
enum Values<'a> {
    Null,
    /// The rows of a table, which are no values.
    Rows,
    Booleans {
        bits: Bits<'a>,
        texts: [PreparedText<'static>; 2],
    },
    Integers(Integers<'a>),
    Halves(&'a [u16]),
    Singles(&'a [f32]),
    Doubles(&'a [f64]),
    Decimals {
        integers: Decimals<'a>,
        scale: i32,
    },
    Texts(Texts<'a>),
    Dictionary {
        indices: Integers<'a>,
        dictionary: Box<Dictionary<'a>>,
    },
    Lists {
        lists: Lists<'a>,
        elements: Box<Cells<'a>>,
    },
}

#[derive(Debug, Clone, Copy)]
enum Integers<'a> {
    I8(&'a [i8]),
    U8(&'a [u8]),
    I16(&'a [i16]),
    U16(&'a [u16]),
    I32(&'a [i32]),
    U32(&'a [u32]),
    I64(&'a [i64]),
    U64(&'a [u64]),
}

#[derive(Debug, Clone, Copy)]
enum Decimals<'a> {
    Bits32(&'a [[u8; 4]]),
    Bits64(&'a [[u8; 8]]),
    Bits128(&'a [[u8; 16]]),
    Bits256(&'a [[u8; 32]]),
}

#[derive(Debug)]
enum Texts<'a> {
    Small { offsets: &'a [i32], bytes: &'a [u8] },
    Large { offsets: &'a [i64], bytes: &'a [u8] },
    Views { views: &'a [[u8; 16]], buffers: Vec<&'a [u8]> },
}

#[derive(Debug, Clone, Copy)]
enum Lists<'a> {
    Small(&'a [i32]),
    Large(&'a [i64]),
    Fixed { size: usize },
}

#[derive(Debug)]
struct Dictionary<'a> {
    /// The texts, if preparing them pays. `None` is a null, or a text that is not UTF-8.
    prepared: Vec<Option<PreparedText<'a>>>,
    cells: Cells<'a>,
    size: usize,
}

/// A column of the context that is being built.
struct Target<'e, 'r> {
    evaluator: &'e mut ColumnEvaluator<'r>,
    column: Column,
    /// Memory for the texts of numbers.
    text: &'e mut String,
}

impl<'a> Cells<'a> {
    /// Reads `count` cells of an array, from the cell `from` on.
    pub(crate) fn new(
        kind: &ColumnType,
        array: &'a ArrowArray,
        from: usize,
        count: usize,
    ) -> Result<Self, Fault> {
        let end = from.checked_add(count).ok_or(Fault::TooLong)?;
        if end > array.length()? {
            return Err(Fault::TooShort);
        }
        let from = array.offset()?.checked_add(from).ok_or(Fault::TooLong)?;
        let values = match kind {
            ColumnType::Null => Values::Null,
            ColumnType::Boolean => Values::Booleans {
                bits: Bits::new(array, 1, from, count)?,
                texts: [PreparedText::new("false"), PreparedText::new("true")],
            },
            ColumnType::Integer(integer) => {
                Values::Integers(Integers::new(*integer, array, from, count)?)
            }
            ColumnType::Float(Float::Half) => Values::Halves(array.elements(1, from, count)?),
            ColumnType::Float(Float::Single) => Values::Singles(array.elements(1, from, count)?),
            ColumnType::Float(Float::Double) => Values::Doubles(array.elements(1, from, count)?),
            ColumnType::Decimal { width, scale } => Values::Decimals {
                integers: Decimals::new(*width, array, from, count)?,
                scale: *scale,
            },
            ColumnType::Text(layout) => Values::Texts(Texts::new(*layout, array, from, count)?),
            ColumnType::Dictionary { index, texts } => Values::Dictionary {
                indices: Integers::new(*index, array, from, count)?,
                dictionary: Box::new(Dictionary::new(*texts, array, count)?),
            },
            ColumnType::List { layout, elements } => {
                let children = array.children()?;
                let [child] = children.as_slice() else { return Err(Fault::MissingChild) };
                let (lists, first, elements_count) = Lists::new(*layout, array, from, count)?;
                let elements = Self::new(elements, child, first, elements_count)?;
                Values::Lists { lists, elements: Box::new(elements) }
            }
        };
        let validity = match values {
            Values::Null => None,
            _ if array.has_no_nulls() || !array.has_buffer(0) => None,
            _ => Some(Bits::new(array, 0, from, count)?),
        };
        Ok(Self { validity, values })
    }

    /// Reads which of `count` rows of a table are null, from the row `from` on.
    pub(crate) fn of_rows(array: &'a ArrowArray, from: usize, count: usize) -> Result<Self, Fault> {
        let from = array.offset()?.checked_add(from).ok_or(Fault::TooLong)?;
        let is_absent = array.has_no_nulls() || !array.has_buffer(0);
        let validity = if is_absent { None } else { Some(Bits::new(array, 0, from, count)?) };
        Ok(Self { validity, values: Values::Rows })
    }

    /// Adds a cell to the present row of an evaluator. A null adds nothing. `text` is memory that is used again.
    #[inline]
    pub(crate) fn add(
        &self,
        row: usize,
        evaluator: &mut ColumnEvaluator<'_>,
        column: Column,
        text: &mut String,
    ) -> Result<(), Fault> {
        self.add_to(row, &mut Target { evaluator, column, text })
    }

    #[inline]
    pub(crate) fn is_null(&self, row: usize) -> Result<bool, Fault> {
        match self.validity {
            None => Ok(matches!(self.values, Values::Null)),
            Some(bits) => Ok(!bits.get(row)?),
        }
    }

    /// Returns the text of a cell of texts. Returns `None` for a null, and for cells of other types.
    fn text(&self, row: usize) -> Result<Option<&'a str>, Fault> {
        match &self.values {
            Values::Texts(texts) if !self.is_null(row)? => texts.get(row).map(Some),
            _ => Ok(None),
        }
    }

    #[inline]
    fn add_to(&self, row: usize, target: &mut Target<'_, '_>) -> Result<(), Fault> {
        if self.is_null(row)? {
            return Ok(());
        }
        match &self.values {
            Values::Null | Values::Rows => {}
            Values::Texts(texts) => target.add(texts.get(row)?),
            Values::Dictionary { indices, dictionary } => {
                let index = usize::try_from(indices.get(row)?).map_err(|_| Fault::Index)?;
                dictionary.add(index, target)?;
            }
            Values::Booleans { bits, texts: [no, yes] } => {
                target.add_prepared(if bits.get(row)? { yes } else { no });
            }
            Values::Integers(integers) => {
                let integer = integers.get(row)?;
                target.write(|text| write!(text, "{integer}"));
            }
            Values::Halves(values) => target.add_double(double_of_half(at(values, row)?))?,
            Values::Singles(values) => target.add_double(f64::from(at(values, row)?))?,
            Values::Doubles(values) => target.add_double(at(values, row)?)?,
            Values::Decimals { integers, scale } => {
                let bytes = integers.get(row)?;
                target.write(|text| {
                    decimal::write(text, bytes, *scale);
                    Ok(())
                });
            }
            Values::Lists { lists, elements } => {
                for element in lists.get(row)? {
                    if elements.is_null(element)? {
                        return Err(Fault::NullElement);
                    }
                    elements.add_to(element, target)?;
                }
            }
        }
        Ok(())
    }
}

impl Target<'_, '_> {
    #[inline]
    fn add(&mut self, text: &str) {
        self.evaluator.add(self.column, text);
    }

    #[inline]
    fn add_prepared(&mut self, text: &PreparedText<'_>) {
        self.evaluator.add_prepared(self.column, text);
    }

    /// Adds the text that a function writes.
    fn write(&mut self, write: impl FnOnce(&mut String) -> std::fmt::Result) {
        self.text.clear();
        // A `String` takes every text.
        let _ = write(self.text);
        self.evaluator.add(self.column, self.text);
    }

    fn add_double(&mut self, double: f64) -> Result<(), Fault> {
        if !double.is_finite() {
            return Err(Fault::NotFinite);
        }
        self.write(|text| write!(text, "{double}"));
        Ok(())
    }
}

/// Returns an element of a part whose size was checked against the array's length.
#[inline]
fn at<T: Copy>(values: &[T], row: usize) -> Result<T, Fault> {
    values.get(row).copied().ok_or(Fault::TooShort)
}

/// Returns the double that is equal to a number of 16 bits.
fn double_of_half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

impl<'a> Bits<'a> {
    fn new(array: &'a ArrowArray, index: usize, from: usize, count: usize) -> Result<Self, Fault> {
        let first = from % 8;
        let bytes = first.checked_add(count).ok_or(Fault::TooLong)?.div_ceil(8);
        Ok(Self { bytes: array.elements(index, from / 8, bytes)?, first })
    }

    #[inline]
    fn get(self, row: usize) -> Result<bool, Fault> {
        let bit = self.first + row;
        Ok(at(self.bytes, bit / 8)? >> (bit % 8) & 1 == 1)
    }
}

impl<'a> Integers<'a> {
    fn new(kind: Integer, array: &'a ArrowArray, from: usize, count: usize) -> Result<Self, Fault> {
        Ok(match kind {
            Integer::I8 => Self::I8(array.elements(1, from, count)?),
            Integer::U8 => Self::U8(array.elements(1, from, count)?),
            Integer::I16 => Self::I16(array.elements(1, from, count)?),
            Integer::U16 => Self::U16(array.elements(1, from, count)?),
            Integer::I32 => Self::I32(array.elements(1, from, count)?),
            Integer::U32 => Self::U32(array.elements(1, from, count)?),
            Integer::I64 => Self::I64(array.elements(1, from, count)?),
            Integer::U64 => Self::U64(array.elements(1, from, count)?),
        })
    }

    #[inline]
    fn get(self, row: usize) -> Result<i128, Fault> {
        Ok(match self {
            Self::I8(values) => at(values, row)?.into(),
            Self::U8(values) => at(values, row)?.into(),
            Self::I16(values) => at(values, row)?.into(),
            Self::U16(values) => at(values, row)?.into(),
            Self::I32(values) => at(values, row)?.into(),
            Self::U32(values) => at(values, row)?.into(),
            Self::I64(values) => at(values, row)?.into(),
            Self::U64(values) => at(values, row)?.into(),
        })
    }
}

impl<'a> Decimals<'a> {
    fn new(
        width: DecimalWidth,
        array: &'a ArrowArray,
        from: usize,
        count: usize,
    ) -> Result<Self, Fault> {
        Ok(match width {
            DecimalWidth::Bits32 => Self::Bits32(array.elements(1, from, count)?),
            DecimalWidth::Bits64 => Self::Bits64(array.elements(1, from, count)?),
            DecimalWidth::Bits128 => Self::Bits128(array.elements(1, from, count)?),
            DecimalWidth::Bits256 => Self::Bits256(array.elements(1, from, count)?),
        })
    }

    fn get(self, row: usize) -> Result<&'a [u8], Fault> {
        fn bytes<const N: usize>(values: &[[u8; N]], row: usize) -> Result<&[u8], Fault> {
            values.get(row).map(<[u8; N]>::as_slice).ok_or(Fault::TooShort)
        }
        match self {
            Self::Bits32(values) => bytes(values, row),
            Self::Bits64(values) => bytes(values, row),
            Self::Bits128(values) => bytes(values, row),
            Self::Bits256(values) => bytes(values, row),
        }
    }
}

/// Reads the offsets of `count` values, and returns them with the end of the last value.
fn offsets<T: Plain + TryInto<usize>>(
    array: &ArrowArray,
    from: usize,
    count: usize,
) -> Result<(&[T], usize), Fault> {
    if count == 0 {
        return Ok((&[], 0));
    }
    let offsets: &[T] = array.elements(1, from, count.checked_add(1).ok_or(Fault::TooLong)?)?;
    Ok((offsets, at(offsets, count)?.try_into().map_err(|_| Fault::Offsets)?))
}

/// Returns the range of a value between two neighbouring offsets.
#[inline]
fn range<T: Copy + TryInto<usize>>(
    offsets: &[T],
    row: usize,
) -> Result<std::ops::Range<usize>, Fault> {
    let start = at(offsets, row)?.try_into().map_err(|_| Fault::Offsets)?;
    let end = at(offsets, row + 1)?.try_into().map_err(|_| Fault::Offsets)?;
    if start > end { Err(Fault::Offsets) } else { Ok(start..end) }
}

impl<'a> Texts<'a> {
    fn new(
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
    fn get(&self, row: usize) -> Result<&'a str, Fault> {
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

impl<'a> Lists<'a> {
    /// Returns the lists of some rows, with the first element that belongs to them, and the number of elements from there on.
    fn new(
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
    fn get(self, row: usize) -> Result<std::ops::Range<usize>, Fault> {
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

impl<'a> Dictionary<'a> {
    fn new(layout: TextLayout, array: &'a ArrowArray, rows: usize) -> Result<Self, Fault> {
        let texts = array.dictionary().ok_or(Fault::MissingDictionary)?;
        let size = texts.length()?;
        let cells = Cells::new(&ColumnType::Text(layout), texts, 0, size)?;
        let mut prepared = Vec::new();
        // To prepare a text that no other row uses costs as much as it saves.
        if size <= rows {
            for index in 0..size {
                // A text that no row uses may be invalid.
                let text = cells.text(index).unwrap_or_default();
                prepared.push(text.map(PreparedText::new));
            }
        }
        Ok(Self { prepared, cells, size })
    }

    fn add(&self, index: usize, target: &mut Target<'_, '_>) -> Result<(), Fault> {
        match self.prepared.get(index) {
            Some(Some(text)) => target.add_prepared(text),
            _ if index >= self.size => return Err(Fault::Index),
            _ => self.cells.add_to(index, target)?,
        }
        Ok(())
    }
}
