//! The names of fields.

/// The meaning of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Data,
    Event,
    Id,
    Retry,
    /// Comments, and names that are not part of the standard.
    Ignored,
}

/// Length of a byte order mark and the longest known name, in bytes.
const LONGEST: usize = 8;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The name at the start of a line, while it arrives.
#[derive(Default)]
pub(super) struct FieldName {
    bytes: [u8; LONGEST],
    /// Length of the name in bytes. The array holds only its beginning if the name is longer.
    length: usize,
}

impl FieldName {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let free = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (free, byte) in free.iter_mut().zip(bytes) {
            *free = *byte;
        }
        self.length = self.length.saturating_add(bytes.len());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns the field with this name, which must be complete. The first line of a stream may begin with a byte order mark.
    pub(super) fn field(&self, line: Position) -> Field {
        let name = self.bytes.get(..self.length).unwrap_or_default();
        let name = match line {
            Position::First => name.strip_prefix(BYTE_ORDER_MARK).unwrap_or(name),
            Position::Later => name,
        };
        match name {
            b"data" => Field::Data,
            b"event" => Field::Event,
            b"id" => Field::Id,
            b"retry" => Field::Retry,
            _ => Field::Ignored,
        }
    }
}

/// The position of a line in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    First,
    Later,
}
