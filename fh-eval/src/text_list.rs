//! The lists of texts that a ruleset stores, and the tests of a supplied text against them.

use crate::attributes::{Supplied, head, tail};
use crate::predicate::{Predicate, Run, Text, TextTest};
use crate::tables::Tables;
use crate::text::order;
use crate::writer::Writer;

/// The maximum number of texts in a list that is scanned. A longer list is sorted and searched.
const LONGEST_SCAN: usize = 16;

impl Writer {
    /// Stores the texts of a test, and returns the predicate of the test.
    pub(crate) fn text_test(&mut self, test: TextTest, mut texts: Vec<&str>) -> Predicate {
        let negative = matches!(test, TextTest::NotAmong | TextTest::Lacks);
        if texts.is_empty() {
            return if negative { Predicate::Always } else { Predicate::Never };
        }
        let long = texts.len() > LONGEST_SCAN;
        if long && matches!(test, TextTest::Among | TextTest::NotAmong) {
            texts.sort_unstable();
            texts.dedup();
        }
        let at = self.tables.texts.len() as u32;
        for text in &texts {
            let run = self.text(text);
            let tail = tail(text.as_bytes());
            self.tables.texts.push(Text { tail, at: run.at, len: run.len });
            self.tables.heads_of_texts.push(head(text.as_bytes()));
        }
        let list = Run { at, len: texts.len() as u32 };
        match test {
            TextTest::Among if !long => Predicate::In(list),
            TextTest::NotAmong if !long => Predicate::NotIn(list),
            TextTest::Ends if list.len == 1 => Predicate::Ends(at),
            test => Predicate::Texts(test, list),
        }
    }
}

impl Text {
    #[inline]
    fn str(self, text: &str) -> &str {
        Run { at: self.at, len: self.len }.text(text)
    }
}

impl TextTest {
    pub(crate) fn holds(self, tables: &Tables, list: Run, supplied: &Supplied<'_>) -> bool {
        let given = supplied.text;
        let mut texts = list.of(&tables.texts).iter().map(|text| text.str(&tables.text));
        let is_among_sorted = || {
            let by_text = |wanted: &Text| wanted.str(&tables.text).cmp(given);
            list.of(&tables.texts).binary_search_by(by_text).is_ok()
        };
        match self {
            Self::Among => is_among_sorted(),
            Self::NotAmong => !is_among_sorted(),
            Self::Starts => texts.any(|wanted| given.starts_with(wanted)),
            Self::Ends => texts.any(|wanted| given.ends_with(wanted)),
            Self::Contains => texts.any(|wanted| given.contains(wanted)),
            Self::Lacks => !texts.any(|wanted| given.contains(wanted)),
            #[cfg(feature = "featbit")]
            Self::SameIgnoringCase => texts.any(|wanted| given.eq_ignore_ascii_case(wanted)),
            Self::Order(comparison) => {
                texts.any(|bound| comparison.holds(order::utf16(given, bound)))
            }
        }
    }
}

/// Returns true if the supplied text is one of the texts of a short list. Scans the first eight bytes of each text, and compares the rest
/// of a text only if its first eight bytes are equal to those of the supplied text.
#[inline]
pub(crate) fn is_in(tables: &Tables, list: Run, supplied: &Supplied<'_>) -> bool {
    let heads = list.of(&tables.heads_of_texts);
    let Some(offset) = heads.iter().position(|head| *head == supplied.head) else { return false };
    let row = list.at as usize + offset;
    let is_this = tables.texts.get(row).is_some_and(|text| text.has_rest_of(tables, supplied));
    is_this || is_in_rest(tables, list, offset as u32 + 1, supplied)
}

/// Searches the texts of a list from the position `from` on. The text just before this position has the same first eight bytes as the
/// supplied text, but differs in a later byte or in length. This case is rare, so the function is marked as cold.
#[cold]
fn is_in_rest(tables: &Tables, list: Run, from: u32, supplied: &Supplied<'_>) -> bool {
    let rest = Run { at: list.at.wrapping_add(from), len: list.len.saturating_sub(from) };
    !rest.is_empty() && is_in(tables, rest, supplied)
}

/// Returns true if the supplied text ends with the text in row `row` of the tables. If the text of the row has at least eight bytes, the
/// last eight bytes are compared first.
#[inline]
pub(crate) fn ends_with(tables: &Tables, row: u32, supplied: &Supplied<'_>) -> bool {
    match tables.texts.get(row as usize) {
        Some(text) => {
            (text.len < 8 || text.tail == supplied.tail) && text.is_end(tables, row, supplied)
        }
        None => false,
    }
}

impl Text {
    /// Returns true if this text equals a supplied text that has the same first eight bytes.
    #[inline]
    fn has_rest_of(&self, tables: &Tables, supplied: &Supplied<'_>) -> bool {
        self.tail == supplied.tail
            && self.len as usize == supplied.text.len()
            && (self.len <= 16 || self.is_all_of(tables, supplied.text.as_bytes()))
    }

    #[inline(never)]
    fn is_all_of(&self, tables: &Tables, supplied: &[u8]) -> bool {
        self.str(&tables.text).as_bytes() == supplied
    }

    #[inline(never)]
    fn is_end(&self, tables: &Tables, row: u32, supplied: &Supplied<'_>) -> bool {
        let given = supplied.text.as_bytes();
        let start = given.len().checked_sub(self.len as usize);
        let Some(end) = start.and_then(|start| given.get(start..)) else { return false };
        tables.heads_of_texts.get(row as usize) == Some(&head(end))
            && (self.len <= 16 || self.is_all_of(tables, end))
    }
}
