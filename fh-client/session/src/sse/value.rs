//! The values of fields in an event stream, with limited sizes.

use std::mem;
use std::time::Duration;

/// The error for a part that is larger than its limit. The error does not name the part, because the part may depend on the sizes of the
/// chunks.
pub(super) struct Exceeded;

/// The bytes of a field's value, which may arrive in parts. The number of bytes is limited.
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
            // Doubling the capacity keeps the cost of copying linear. `Vec` itself could allocate more than the limit.
            let wanted = capacity.saturating_mul(2).min(self.limit).max(length);
            self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(run);
        Ok(())
    }

    /// Returns the value as text, and leaves an empty value without a buffer in its place. Invalid UTF-8 becomes U+FFFD, as in the WHATWG
    /// decoder. Fails if the text is then larger than the limit.
    pub(super) fn take_text(&mut self) -> Result<String, Exceeded> {
        String::from_utf8(mem::take(&mut self.bytes))
            .or_else(|not_utf8| replaced(not_utf8.as_bytes(), self.limit))
    }
}

/// Replaces invalid UTF-8. A replacement may be longer than the bytes that it replaces, so the limit is checked again.
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

/// The value of a `retry` field, of which only a part may have arrived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Milliseconds {
    #[default]
    Empty,
    Digits(u64),
    /// The value has other characters than digits, so the field is ignored.
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
