//! The cells of a column, which are added to the contexts of rows.

use std::fmt::Write as _;

use fh_eval::{Column, ColumnEvaluator, PreparedText};

use crate::column_type::{ColumnType, Float};
use crate::decimal;
use crate::error::Fault;
use crate::interface::ArrowArray;

mod dictionary;
mod lists;
mod numbers;
mod offsets;
mod texts;

use dictionary::Dictionary;
use lists::Lists;
use numbers::{Decimals, Integers, double_of_half};
use texts::Texts;

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
