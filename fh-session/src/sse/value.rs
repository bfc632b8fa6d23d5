//! Values of fields.

use std::mem;
use std::time::Duration;

/// Some part is larger than its limit. Which one may depend on how the stream is cut, so nobody outside is told.
pub(super) struct Exceeded;

/// A value that grows up to a limit.
pub(super) struct Value {
    bytes: Vec<u8>,
    limit: usize,
}

impl Value {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(super) fn push(&mut self, run: &[u8]) -> Result<(), Exceeded> {
        let length = self.bytes.len().saturating_add(run.len());
        if length > self.limit {
            return Err(Exceeded);
        }
        let capacity = self.bytes.capacity();
        if length > capacity {
            // Doubling keeps the copying linear, and `Vec` alone would go on past the limit.
            let wanted = capacity.saturating_mul(2).min(self.limit).max(length);
            self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(run);
        Ok(())
    }

    /// The value as text, invalid UTF-8 replaced as the WHATWG decoder does. The value and its buffer are gone after it.
    pub(super) fn take_text(&mut self) -> Result<String, Exceeded> {
        String::from_utf8(mem::take(&mut self.bytes))
            .or_else(|not_utf8| replaced(not_utf8.as_bytes(), self.limit))
    }
}

/// A replacement is longer than what it replaces, so the limit counts again.
fn replaced(bytes: &[u8], limit: usize) -> Result<String, Exceeded> {
    let parts = || {
        bytes.utf8_chunks().flat_map(|chunk| {
            let replacement = if chunk.invalid().is_empty() { "" } else { "\u{FFFD}" };
            [chunk.valid(), replacement]
        })
    };
    let length = parts().map(str::len).sum();
    if length > limit {
        return Err(Exceeded);
    }
    let mut text = String::with_capacity(length);
    text.extend(parts());
    Ok(text)
}

/// The digits of a `retry` field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Milliseconds {
    #[default]
    Empty,
    Digits(u64),
    /// Something else than digits: the field is ignored.
    Invalid,
}

impl Milliseconds {
    pub(super) fn push(&mut self, run: &[u8]) {
        for byte in run {
            let number = match *self {
                Self::Empty => 0,
                Self::Digits(number) => number,
                Self::Invalid => return,
            };
            *self = match byte {
                b'0'..=b'9' => {
                    Self::Digits(number.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
                }
                _ => Self::Invalid,
            };
        }
    }

    pub(super) fn duration(self) -> Option<Duration> {
        match self {
            Self::Digits(number) => Some(Duration::from_millis(number)),
            Self::Empty | Self::Invalid => None,
        }
    }
}
