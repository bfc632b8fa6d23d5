//! The texts of long lists, of which equal ones share a row.

use hashbrown::HashTable;

use crate::attributes::{Supplied, head, tail};
use crate::home::{long_hash, short_hash};
use crate::predicate::Run;

/// A text of lists. Only the bytes of a text of more than 16 bytes are stored, because the first and the last eight bytes and the length
/// identify a shorter one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListedText {
    head: u64,
    /// The last eight bytes of the text as a number; 0 for a text of less than eight bytes.
    tail: u64,
    at: u32,
    len: u32,
}

impl ListedText {
    /// Returns a text that is not stored yet.
    pub(crate) fn of(text: &str) -> Self {
        let (head, tail) = (head(text.as_bytes()), tail(text.as_bytes()));
        Self { head, tail, at: 0, len: text.len() as u32 }
    }

    /// Returns the length in bytes.
    pub(crate) const fn len(&self) -> usize {
        self.len as usize
    }

    /// Returns the bytes that are stored; empty for a text of at most 16 bytes.
    pub(crate) fn bytes(self, texts: &str) -> &str {
        let len = if self.len > 16 { self.len } else { 0 };
        Run { at: self.at, len }.text(texts)
    }

    /// Returns the hash of a text with these stored bytes.
    fn hash(&self, bytes: &str) -> u64 {
        if self.len > 16 { long_hash(bytes) } else { short_hash(self.head, self.tail, self.len()) }
    }

    #[inline]
    pub(crate) fn is(&self, supplied: &Supplied<'_>, texts: &str) -> bool {
        self.head == supplied.head
            && self.tail == supplied.tail
            && self.len() == supplied.text.len()
            && (self.len <= 16 || self.is_all_of(supplied.text, texts))
    }

    #[inline(never)]
    fn is_all_of(&self, supplied: &str, texts: &str) -> bool {
        self.bytes(texts) == supplied
    }
}

/// The rows of texts, by the hashes of the texts.
#[derive(Default)]
pub(crate) struct ListedRows(HashTable<u32>);

impl ListedRows {
    /// Returns the row of a text with these stored bytes. If there is no such row, it is added to the rows and their bytes.
    pub(crate) fn row(
        &mut self,
        rows: &mut Vec<ListedText>,
        texts: &mut String,
        text: ListedText,
        bytes: &str,
    ) -> u32 {
        let hash = text.hash(bytes);
        let is_this = |row: &u32| {
            rows.get(*row as usize).is_some_and(|row| {
                (row.head, row.tail, row.len) == (text.head, text.tail, text.len)
                    && row.bytes(texts) == bytes
            })
        };
        if let Some(row) = self.0.find(hash, is_this) {
            return *row;
        }
        let row = rows.len() as u32;
        rows.push(ListedText { at: texts.len() as u32, ..text });
        texts.push_str(bytes);
        let hash_of =
            |row: &u32| rows.get(*row as usize).map_or(0, |row| row.hash(row.bytes(texts)));
        self.0.insert_unique(hash, row, hash_of);
        row
    }
}
