//! The cells of columns of integers, decimals and floating-point numbers.

use super::element::element;
use crate::column_type::{DecimalWidth, Integer};
use crate::error::Fault;
use crate::interface::ArrowArray;

#[derive(Debug, Clone, Copy)]
pub(super) enum Integers<'a> {
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
pub(super) enum Decimals<'a> {
    Bits32(&'a [[u8; 4]]),
    Bits64(&'a [[u8; 8]]),
    Bits128(&'a [[u8; 16]]),
    Bits256(&'a [[u8; 32]]),
}

impl<'a> Integers<'a> {
    pub(super) fn new(
        kind: Integer,
        array: &'a ArrowArray,
        from: usize,
        count: usize,
    ) -> Result<Self, Fault> {
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
    pub(super) fn get(self, row: usize) -> Result<i128, Fault> {
        Ok(match self {
            Self::I8(values) => element(values, row)?.into(),
            Self::U8(values) => element(values, row)?.into(),
            Self::I16(values) => element(values, row)?.into(),
            Self::U16(values) => element(values, row)?.into(),
            Self::I32(values) => element(values, row)?.into(),
            Self::U32(values) => element(values, row)?.into(),
            Self::I64(values) => element(values, row)?.into(),
            Self::U64(values) => element(values, row)?.into(),
        })
    }
}

impl<'a> Decimals<'a> {
    pub(super) fn new(
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

    pub(super) fn get(self, row: usize) -> Result<&'a [u8], Fault> {
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

/// Returns the double that is equal to a number of 16 bits.
pub(super) fn double_of_half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}
