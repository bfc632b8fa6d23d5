//! The lists of texts that a ruleset stores, and the tests of a supplied text against them.

use std::borrow::Cow;

use crate::attributes::{Supplied, head, tail};
use crate::predicate::{Predicate, Run, Text, TextTest};
#[cfg(not(target_arch = "wasm32"))]
use crate::spread_list::is_in_spread;
use crate::tables::Tables;
use crate::text::order;
use crate::writer::Writer;

/// The maximum number of texts in a list that is scanned. A longer list is searched.
const LONGEST_SCAN: usize = 16;
impl Writer {
    /// Stores the texts of a test, and returns the predicate of the test. A list of texts may have a million ones, so a caller that does not
    /// need it any more gives it away.
    pub(crate) fn text_test(&mut self, test: TextTest, texts: Cow<'_, [&str]>) -> Predicate {
        let negative = matches!(test, TextTest::NotAmong | TextTest::Lacks);
        if texts.is_empty() {
            return if negative { Predicate::Always } else { Predicate::Never };
        }
        let long = texts.len() > LONGEST_SCAN;
        let at = self.tables.texts.len() as u32;
        if long && matches!(test, TextTest::Among | TextTest::NotAmong) {
            return self.long_list(test, texts.into_owned());
        }
        let list = self.push_texts(test, &texts);
        match test {
            TextTest::Among => Predicate::In(list),
            TextTest::NotAmong => Predicate::NotIn(list),
            TextTest::Ends if list.len == 1 => Predicate::Ends(at),
            test => Predicate::Texts(test, list),
        }
    }

    /// Stores a list that is searched.
    fn long_list(&mut self, test: TextTest, mut texts: Vec<&str>) -> Predicate {
        texts.sort_unstable();
        texts.dedup();
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(predicate) = self.spread_list(test, &texts) {
            return predicate;
        }
        Predicate::Texts(test, self.push_rows(&texts, |text| text))
    }

    /// Stores the texts of a list that is scanned. Searches for whole texts and for endings read no bytes of a text of at most 16 bytes,
    /// which its first and its last eight bytes and its length identify.
    fn push_texts(&mut self, test: TextTest, texts: &[&str]) -> Run {
        match test {
            TextTest::Among | TextTest::NotAmong | TextTest::Ends => {
                self.push_rows(texts, |text| if text.len() > 16 { text } else { "" })
            }
            _ => self.push_rows(texts, |text| text),
        }
    }

    /// Stores the texts, and those bytes of each that `stored` returns.
    fn push_rows<'t>(&mut self, texts: &[&'t str], stored: impl Fn(&'t str) -> &'t str) -> Run {
        let at = self.tables.texts.len() as u32;
        self.tables.text.reserve(texts.iter().map(|text| stored(text).len()).sum());
        self.tables.texts.reserve(texts.len());
        self.tables.heads_of_texts.reserve(texts.len());
        for text in texts {
            let Run { at, .. } = self.text(stored(text));
            self.tables.texts.push(Text {
                tail: tail(text.as_bytes()),
                at,
                len: text.len() as u32,
            });
            self.tables.heads_of_texts.push(head(text.as_bytes()));
        }
        Run { at, len: texts.len() as u32 }
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
            #[cfg(not(target_arch = "wasm32"))]
            Self::AmongSpread => is_in_spread(tables, list, supplied),
            #[cfg(not(target_arch = "wasm32"))]
            Self::NotAmongSpread => !is_in_spread(tables, list, supplied),
            Self::Among => is_among_sorted(),
            Self::NotAmong => !is_among_sorted(),
            Self::Starts => texts.any(|wanted| given.starts_with(wanted)),
            Self::Ends => (list.at..list.at + list.len).any(|row| ends_with(tables, row, supplied)),
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

// A page has no spread lists.
#[cfg(not(target_arch = "wasm32"))]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::passes;
    use crate::home::{hash, home};

    /// Stores the list of a test, and returns its predicate and the texts of `asked` that pass.
    fn found(test: TextTest, texts: &[String], asked: &[String]) -> (Predicate, Vec<String>) {
        let mut writer = Writer::default();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let predicate = writer.text_test(test, texts.into());
        let tables = writer.finish();
        let holds = |text: &&String| passes(&tables, &predicate, &Supplied::new(text));
        (predicate, asked.iter().filter(holds).cloned().collect())
    }

    #[test]
    fn exactly_the_texts_of_a_long_list_are_found() {
        for count in [17, 5_000, 20_000] {
            let texts: Vec<String> = (0..2 * count)
                .map(|number| format!("{number}{}", "é".repeat(number % 12)))
                .chain(["".to_string(), "user-0123456789-a".to_string()])
                .collect();
            let (own, others) = texts.split_at(count);
            let (predicate, is_in) = found(TextTest::Among, own, &texts);
            let is_spread = match predicate {
                Predicate::Texts(TextTest::AmongSpread, _) => count <= 5_000,
                Predicate::Boxed(_) => count > 5_000,
                _ => false,
            };
            assert!(is_spread, "{predicate:?}");
            assert_eq!(is_in, own, "{count} texts, {} others", others.len());
            assert_eq!(found(TextTest::NotAmong, own, &texts).1, others, "{count} texts");
            assert_eq!(found(TextTest::Among, others, &texts).1, others, "an empty text");
        }
    }

    /// Such a list is sorted, so that no search takes longer than in other lists.
    #[test]
    fn a_list_whose_texts_have_one_home_is_not_spread() {
        let alike: Vec<String> = (0..10_000)
            .map(|number: u32| number.to_string())
            .filter(|text| home(hash(&Supplied::new(text)), 34) == 7)
            .take(17)
            .collect();
        let others: Vec<String> = ["x", ""].map(str::to_string).to_vec();
        let (predicate, found) = found(TextTest::Among, &alike, &[alike.clone(), others].concat());
        assert!(matches!(predicate, Predicate::Texts(TextTest::Among, _)), "{predicate:?}");
        assert_eq!(found, alike);
    }
}
