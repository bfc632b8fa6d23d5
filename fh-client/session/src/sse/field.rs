//! The names of the fields in an event stream.

/// The meaning of a line of an event stream, given by its field name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Data,
    Event,
    Id,
    Retry,
    /// The line is a comment, or its name is not part of the standard. The line is ignored.
    Ignored,
}

/// Length in bytes of a byte order mark followed by the longest known name.
const LONGEST: usize = 8;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The name at the start of a line, of which only a part may have arrived.
#[derive(Default)]
pub(super) struct FieldName {
    bytes: [u8; LONGEST],
    /// Length of the name in bytes. If the name is longer than the array, the array holds only its beginning.
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

    /// Returns the field with this name. The name must be complete. On the first line of a stream, a byte order mark may precede the name.
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

/// The position of a line in the event stream. Only the first line may begin with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    First,
    Later,
}
