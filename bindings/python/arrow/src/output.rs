//! Arrays of this crate, which are exported without a copy.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// An array of Arrow's memory layout. It begins at offset 0.
#[derive(Debug)]
pub struct OutputArray {
    pub(crate) format: &'static str,
    pub(crate) length: usize,
    pub(crate) null_count: usize,
    /// The buffers in the order of the interface. The first one tells which values are not null.
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) children: Vec<(String, Arc<OutputArray>)>,
    pub(crate) dictionary: Option<Arc<OutputArray>>,
}

/// A buffer of an [`OutputArray`].
#[derive(Debug)]
pub(crate) enum Buffer {
    /// The buffer is not needed.
    Absent,
    /// Bits, texts, or integers of 8 bits.
    Bytes(Vec<u8>),
    /// Integers of 16 bits.
    Words(Vec<u16>),
    /// Integers of 32 bits.
    DoubleWords(Vec<u32>),
    /// Offsets of texts and lists.
    Offsets(Vec<i64>),
    /// Numbers.
    Doubles(Vec<f64>),
}

impl Buffer {
    pub(crate) fn pointer(&self) -> *const c_void {
        match self {
            Self::Absent => ptr::null(),
            Self::Bytes(bytes) => bytes.as_ptr().cast(),
            Self::Words(words) => words.as_ptr().cast(),
            Self::DoubleWords(words) => words.as_ptr().cast(),
            Self::Offsets(offsets) => offsets.as_ptr().cast(),
            Self::Doubles(doubles) => doubles.as_ptr().cast(),
        }
    }
}

impl OutputArray {
    /// Returns the number of values.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Returns true if the array has no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns the number of values that are null.
    #[must_use]
    pub const fn null_count(&self) -> usize {
        self.null_count
    }

    /// Returns the values of an array of booleans as bits, the lowest bit of a byte first.
    #[must_use]
    pub fn bits(&self) -> Option<&[u8]> {
        match self.buffers.as_slice() {
            [_, Buffer::Bytes(bits)] if self.format == "b" => Some(bits),
            _ => None,
        }
    }

    /// Returns the values of an array of numbers. The value of a null is 0.
    #[must_use]
    pub fn doubles(&self) -> Option<&[f64]> {
        match self.buffers.as_slice() {
            [_, Buffer::Doubles(doubles)] => Some(doubles),
            _ => None,
        }
    }

    /// Returns the indices of a dictionary array, with the texts that they are indices of.
    #[must_use]
    pub fn indices(&self) -> Option<(Indices<'_>, Vec<&str>)> {
        let texts = self.dictionary.as_ref()?.texts_of()?;
        let indices = match self.buffers.as_slice() {
            [_, Buffer::Bytes(codes)] => Indices::Bytes(codes),
            [_, Buffer::Words(codes)] => Indices::Words(codes),
            [_, Buffer::DoubleWords(codes)] => Indices::DoubleWords(codes),
            _ => return None,
        };
        Some((indices, texts))
    }

    /// Returns which values are not null as bits, the lowest bit of a byte first. Returns `None` if no value is null.
    #[must_use]
    pub fn validity(&self) -> Option<&[u8]> {
        match self.buffers.first() {
            Some(Buffer::Bytes(bits)) if self.null_count > 0 => Some(bits),
            _ => None,
        }
    }

    /// Returns true if the value of this row is null.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        self.validity().is_some_and(|bits| !bit(bits, row))
    }

    /// Returns an array of texts.
    #[must_use]
    pub fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let (mut offsets, mut bytes) = (vec![0], Vec::new());
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            offsets.push(bytes.len() as i64);
        }
        Self {
            format: "U",
            length: offsets.len() - 1,
            null_count: 0,
            buffers: vec![Buffer::Absent, Buffer::Offsets(offsets), Buffer::Bytes(bytes)],
            children: Vec::new(),
            dictionary: None,
        }
    }

    /// Returns an array of lists of texts.
    #[must_use]
    pub fn lists<'t, L: IntoIterator<Item = &'t str>>(lists: impl IntoIterator<Item = L>) -> Self {
        let (mut offsets, mut texts) = (vec![0], Vec::new());
        for list in lists {
            texts.extend(list);
            offsets.push(texts.len() as i64);
        }
        Self {
            format: "+L",
            length: offsets.len() - 1,
            null_count: 0,
            buffers: vec![Buffer::Absent, Buffer::Offsets(offsets)],
            children: vec![("item".to_string(), Arc::new(Self::texts(texts)))],
            dictionary: None,
        }
    }

    /// Returns a table of columns, which have `length` rows each.
    #[must_use]
    pub fn table(length: usize, columns: Vec<(String, Arc<Self>)>) -> Self {
        Self {
            format: crate::column_type::TABLE,
            length,
            null_count: 0,
            buffers: vec![Buffer::Absent],
            children: columns,
            dictionary: None,
        }
    }

    fn texts_of(&self) -> Option<Vec<&str>> {
        let [_, Buffer::Offsets(offsets), Buffer::Bytes(bytes)] = self.buffers.as_slice() else {
            return None;
        };
        let texts = offsets.windows(2).map(|pair| {
            let [start, end] = pair else { return None };
            let range = usize::try_from(*start).ok()?..usize::try_from(*end).ok()?;
            str::from_utf8(bytes.get(range)?).ok()
        });
        texts.collect()
    }
}

/// The indices of a dictionary array.
#[derive(Debug, Clone, Copy)]
pub enum Indices<'a> {
    /// Integers of 8 bits.
    Bytes(&'a [u8]),
    /// Integers of 16 bits.
    Words(&'a [u16]),
    /// Integers of 32 bits.
    DoubleWords(&'a [u32]),
}

impl Indices<'_> {
    /// Returns the index of a row.
    #[must_use]
    pub fn get(self, row: usize) -> Option<usize> {
        match self {
            Self::Bytes(codes) => codes.get(row).map(|code| usize::from(*code)),
            Self::Words(codes) => codes.get(row).map(|code| usize::from(*code)),
            Self::DoubleWords(codes) => codes.get(row).map(|code| *code as usize),
        }
    }
}

/// Returns a bit, the lowest bit of a byte first.
pub fn bit(bits: &[u8], row: usize) -> bool {
    bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1)
}
