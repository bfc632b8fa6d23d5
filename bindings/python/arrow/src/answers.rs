//! The buffers in which the answers of features grow.
//!
//! Several threads write an array at the same time, each its own rows. Threads begin at rows that are multiples of eight, so no two of
//! them write the same byte of bits.

use std::sync::Arc;

use fh_eval::{Kind, Value};

use crate::output::{Buffer, OutputArray};

/// Rows at which a part may begin: multiples of this number.
pub(crate) const ALIGNMENT: usize = 8;

/// A column of answers.
#[derive(Debug)]
pub(crate) struct Growing {
    data: Data,
    /// Which answers are not null, if one may be null.
    validity: Option<Vec<u8>>,
    /// The entry of each code.
    entries: Vec<Entry>,
    /// The texts of a dictionary.
    texts: Vec<String>,
    rows: usize,
}

#[derive(Debug)]
enum Data {
    Bits(Vec<u8>),
    Doubles(Vec<f64>),
    Bytes(Vec<u8>),
    Words(Vec<u16>),
    DoubleWords(Vec<u32>),
}

/// The value that is written for a code, in the form of each kind of array. The value of a null is zero.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    is_valid: bool,
    bit: bool,
    double: f64,
    index: u32,
}

/// The rows of a column that one thread writes.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    data: PartData<'a>,
    validity: Option<&'a mut [u8]>,
    entries: &'a [Entry],
    /// The position of the part's first row in its first byte of bits.
    first_bit: usize,
}

#[derive(Debug)]
enum PartData<'a> {
    Bits(&'a mut [u8]),
    Doubles(&'a mut [f64]),
    Bytes(&'a mut [u8]),
    Words(&'a mut [u16]),
    DoubleWords(&'a mut [u32]),
}

impl Growing {
    /// Returns a column for the values of a feature. Codes are positions in `values`.
    pub(crate) fn of_values(kind: Option<Kind>, values: &[Option<&Value>]) -> Self {
        let all = |test: fn(&Value) -> bool| values.iter().flatten().all(|value| test(value));
        if kind == Some(Kind::Boolean) && all(|value| matches!(value, Value::Bool(_))) {
            let entries = values.iter().map(|value| Entry {
                is_valid: value.is_some(),
                bit: matches!(value, Some(Value::Bool(true))),
                ..Entry::default()
            });
            return Self::new(Data::Bits(Vec::new()), entries.collect(), Vec::new());
        }
        if kind == Some(Kind::Number) && all(|value| matches!(value, Value::Number(_))) {
            let entries = values.iter().map(|value| match value {
                Some(Value::Number(number)) => {
                    Entry { is_valid: true, double: number.as_f64(), ..Entry::default() }
                }
                _ => Entry::default(),
            });
            return Self::new(Data::Doubles(Vec::new()), entries.collect(), Vec::new());
        }
        Self::of_texts(values.iter().map(|value| value.map(ToString::to_string)))
    }

    /// Returns a column for texts. Codes are positions in `texts`. Equal texts share an entry of the dictionary.
    pub(crate) fn of_texts(texts: impl Iterator<Item = Option<String>>) -> Self {
        let mut distinct: Vec<String> = Vec::new();
        let entries: Vec<Entry> = texts
            .map(|text| {
                let Some(text) = text else { return Entry::default() };
                let known = distinct.iter().position(|known| *known == text);
                let index = known.unwrap_or_else(|| {
                    distinct.push(text);
                    distinct.len() - 1
                });
                Entry { is_valid: true, index: index as u32, ..Entry::default() }
            })
            .collect();
        // The types of indices are signed for Arrow's consumers that know no others.
        let data = match distinct.len() {
            0..=0x80 => Data::Bytes(Vec::new()),
            0x81..=0x8000 => Data::Words(Vec::new()),
            _ => Data::DoubleWords(Vec::new()),
        };
        Self::new(data, entries, distinct)
    }

    fn new(data: Data, entries: Vec<Entry>, texts: Vec<String>) -> Self {
        let validity = entries.iter().any(|entry| !entry.is_valid).then(Vec::new);
        Self { data, validity, entries, texts, rows: 0 }
    }

    /// Makes room for as many rows as there will be.
    pub(crate) fn grow(&mut self, rows: usize) {
        self.rows = rows;
        let bytes = rows.div_ceil(8);
        match &mut self.data {
            Data::Bits(bits) => bits.resize(bytes, 0),
            Data::Doubles(doubles) => doubles.resize(rows, 0.0),
            Data::Bytes(codes) => codes.resize(rows, 0),
            Data::Words(codes) => codes.resize(rows, 0),
            Data::DoubleWords(codes) => codes.resize(rows, 0),
        }
        if let Some(validity) = &mut self.validity {
            validity.resize(bytes, 0);
        }
    }

    /// Returns parts of the rows between the first and the last of these rows, which ascend. All but the first and the last one are
    /// multiples of [`ALIGNMENT`].
    pub(crate) fn parts(&mut self, limits: &[usize]) -> Vec<Part<'_>> {
        let Some(first) = limits.first().copied() else { return Vec::new() };
        let mut data = match &mut self.data {
            Data::Bits(bits) => PartData::Bits(bits.get_mut(first / 8..).unwrap_or_default()),
            Data::Doubles(all) => PartData::Doubles(all.get_mut(first..).unwrap_or_default()),
            Data::Bytes(all) => PartData::Bytes(all.get_mut(first..).unwrap_or_default()),
            Data::Words(all) => PartData::Words(all.get_mut(first..).unwrap_or_default()),
            Data::DoubleWords(all) => {
                PartData::DoubleWords(all.get_mut(first..).unwrap_or_default())
            }
        };
        let mut validity = (self.validity.as_mut())
            .map(|validity| validity.get_mut(first / 8..).unwrap_or_default());
        let entries = self.entries.as_slice();
        let parts = limits.windows(2).map(|pair| {
            let (from, to) = (pair.first().copied(), pair.last().copied());
            let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
            let bytes = to.div_ceil(8) - from / 8;
            Part {
                data: data.take(to - from, bytes),
                validity: validity.as_mut().map(|validity| take(validity, bytes)),
                entries,
                first_bit: from % 8,
            }
        });
        parts.collect()
    }

    pub(crate) fn finish(self) -> OutputArray {
        let rows = self.rows;
        let dictionary =
            matches!(&self.data, Data::Bytes(_) | Data::Words(_) | Data::DoubleWords(_))
                .then(|| Arc::new(OutputArray::texts(self.texts.iter().map(String::as_str))));
        let valid = |validity: &[u8]| -> usize {
            validity.iter().map(|byte| byte.count_ones() as usize).sum()
        };
        let null_count = self.validity.as_deref().map_or(0, |validity| rows - valid(validity));
        let (format, values) = match self.data {
            Data::Bits(bits) => ("b", Buffer::Bytes(bits)),
            Data::Doubles(doubles) => ("g", Buffer::Doubles(doubles)),
            Data::Bytes(codes) => ("c", Buffer::Bytes(codes)),
            Data::Words(codes) => ("s", Buffer::Words(codes)),
            Data::DoubleWords(codes) => ("i", Buffer::DoubleWords(codes)),
        };
        let validity = match self.validity {
            Some(validity) if null_count > 0 => Buffer::Bytes(validity),
            _ => Buffer::Absent,
        };
        OutputArray {
            format,
            length: rows,
            null_count,
            buffers: vec![validity, values],
            children: Vec::new(),
            dictionary,
        }
    }
}

/// Splits the first elements off a slice. A slice that is too short yields all it has.
fn take<'a, T>(all: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let (first, rest) = std::mem::take(all).split_at_mut_checked(count).unwrap_or_default();
    *all = rest;
    first
}

impl<'a> PartData<'a> {
    /// Splits the rows of the next part off.
    fn take(&mut self, rows: usize, bytes: usize) -> Self {
        match self {
            Self::Bits(bits) => PartData::Bits(take(bits, bytes)),
            Self::Doubles(doubles) => PartData::Doubles(take(doubles, rows)),
            Self::Bytes(codes) => PartData::Bytes(take(codes, rows)),
            Self::Words(codes) => PartData::Words(take(codes, rows)),
            Self::DoubleWords(codes) => PartData::DoubleWords(take(codes, rows)),
        }
    }
}

/// Sets a bit, which is 0.
#[inline]
fn set(bits: &mut [u8], at: usize, bit: bool) {
    if let Some(byte) = bits.get_mut(at / 8) {
        *byte |= u8::from(bit) << (at % 8);
    }
}

#[inline]
fn store<T>(values: &mut [T], row: usize, value: T) {
    if let Some(stored) = values.get_mut(row) {
        *stored = value;
    }
}

impl Part<'_> {
    /// Writes the value of a code to a row, which is counted from the first row of the part.
    #[inline]
    pub(crate) fn write(&mut self, row: usize, code: usize) {
        let entry = self.entries.get(code).copied().unwrap_or_default();
        match &mut self.data {
            PartData::Bits(bits) => set(bits, self.first_bit + row, entry.bit),
            PartData::Doubles(doubles) => store(doubles, row, entry.double),
            PartData::Bytes(codes) => store(codes, row, entry.index as u8),
            PartData::Words(codes) => store(codes, row, entry.index as u16),
            PartData::DoubleWords(codes) => store(codes, row, entry.index),
        }
        if let Some(validity) = &mut self.validity {
            set(validity, self.first_bit + row, entry.is_valid);
        }
    }
}
