//! The cells of a column, which are added to the contexts of rows.

use std::fmt::Write as _;

use fh_eval::{Column, ColumnEvaluator, PreparedText};

use crate::column_type::{ColumnType, Float};
use crate::decimal;
use crate::error::Fault;
use crate::interface::ArrowArray;

mod bits;
mod dictionary;
mod element;
mod lists;
mod numbers;
mod offsets;
mod target;
mod texts;

use bits::Bits;
use dictionary::Dictionary;
use element::element;
use lists::Lists;
use numbers::{Decimals, Integers, double_of_half};
use target::Target;
use texts::Texts;

/// A part of a column, whose type has been read.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    validity: Option<Bits<'a>>,
    values: Values<'a>,
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
            _ => Bits::of_validity(array, from, count)?,
        };
        Ok(Self { validity, values })
    }

    /// Reads which of `count` rows of a table are null, from the row `from` on.
    pub(crate) fn of_rows(array: &'a ArrowArray, from: usize, count: usize) -> Result<Self, Fault> {
        let from = array.offset()?.checked_add(from).ok_or(Fault::TooLong)?;
        Ok(Self { validity: Bits::of_validity(array, from, count)?, values: Values::Rows })
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
            Values::Halves(values) => target.add_double(double_of_half(element(values, row)?))?,
            Values::Singles(values) => target.add_double(f64::from(element(values, row)?))?,
            Values::Doubles(values) => target.add_double(element(values, row)?)?,
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
