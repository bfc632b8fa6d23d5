//! The lists of texts that a ruleset stores, and the tests of a supplied text against them.

use std::borrow::Cow;

use crate::attributes::{Supplied, head, tail};
use crate::home::home;
#[cfg(not(target_arch = "wasm32"))]
use crate::large_list::LargeList;
#[cfg(not(target_arch = "wasm32"))]
use crate::predicate::{BoxedPredicate, Membership};
use crate::predicate::{Predicate, Run, Text, TextTest};
use crate::tables::Tables;
use crate::text::order;
use crate::writer::Writer;

/// The maximum number of texts in a list that is scanned. A longer list is searched.
const LONGEST_SCAN: usize = 16;
/// The maximum number of texts in a list whose rows have more than the texts themselves, so that searches are fast.
#[cfg(not(target_arch = "wasm32"))]
const LONGEST_ROWS: usize = 16_384;

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
        let list = self.push_texts(&texts);
        match test {
            TextTest::Among if !long => Predicate::In(list),
            TextTest::NotAmong if !long => Predicate::NotIn(list),
            TextTest::Ends if list.len == 1 => Predicate::Ends(at),
            test => Predicate::Texts(test, list),
        }
    }
}

impl Writer {
    /// Stores a list that is searched.
    fn long_list(&mut self, test: TextTest, mut texts: Vec<&str>) -> Predicate {
        texts.sort_unstable();
        texts.dedup();
        let Some(slots) = spread(&texts) else {
            return Predicate::Texts(test, self.push_texts(&texts));
        };
        #[cfg(not(target_arch = "wasm32"))]
        if texts.len() > LONGEST_ROWS
            && let Some(list) = LargeList::of(&texts, &slots, homes(texts.len()))
        {
            let membership = match test {
                TextTest::NotAmong => Membership::Outside,
                _ => Membership::Inside,
            };
            return self.boxed(BoxedPredicate::Texts(membership, list));
        }
        self.reserve_texts(slots.len(), texts.iter().map(|text| text.len()).sum());
        let at = self.tables.texts.len() as u32;
        for slot in &slots {
            self.push_text(texts.get(*slot as usize).copied());
        }
        let test = match test {
            TextTest::NotAmong => TextTest::NotAmongSpread,
            _ => TextTest::AmongSpread,
        };
        Predicate::Texts(test, Run { at, len: slots.len() as u32 })
    }

    /// Makes room for rows of `texts` with this number of bytes, so that a long list is not copied while it grows.
    fn reserve_texts(&mut self, rows: usize, bytes: usize) {
        self.tables.text.reserve(bytes);
        self.tables.texts.reserve(rows);
        self.tables.heads_of_texts.reserve(rows);
    }

    fn push_texts(&mut self, texts: &[&str]) -> Run {
        self.reserve_texts(texts.len(), texts.iter().map(|text| text.len()).sum());
        let at = self.tables.texts.len() as u32;
        for text in texts {
            self.push_text(Some(text));
        }
        Run { at, len: texts.len() as u32 }
    }

    /// Adds a row of `texts`; `None` for a slot without a text.
    fn push_text(&mut self, text: Option<&str>) {
        let row = match text {
            None => Text { tail: 0, at: 0, len: NO_TEXT },
            Some(text) => {
                let run = self.text(text);
                Text { tail: tail(text.as_bytes()), at: run.at, len: run.len }
            }
        };
        self.tables.texts.push(row);
        self.tables.heads_of_texts.push(text.map_or(0, |text| head(text.as_bytes())));
    }
}

/// The length or the position of the text of a slot without one.
const NO_TEXT: u32 = u32::MAX;
/// True if long lists are spread. A page has few long lists, and would load the code of the search, which multiplies numbers of 64 bits.
/// There, the lists are sorted.
const SPREADS: bool = cfg!(not(target_arch = "wasm32"));
/// The number of slots of a spread list for each text.
const SLOTS_PER_TEXT: usize = 2;
/// The maximum number of slots between the home of a text and its slot.
pub(crate) const FARTHEST: usize = 12;

/// Returns the slots of a list whose texts lie at the slots that their hashes name, or as soon after them as possible. A slot has the position
/// of its text, or [`NO_TEXT`], as the last one has. Returns `None` if a text would lie too far from its slot, as in a list that was made for that.
fn spread(texts: &[&str]) -> Option<Vec<u32>> {
    if !SPREADS {
        return None;
    }
    let homes = homes(texts.len());
    let home_of = |at: u32| Some(home(&Supplied::new(texts.get(at as usize)?), homes));
    let mut slots = vec![NO_TEXT; homes as usize + FARTHEST + 2];
    for at in 0..texts.len() as u32 {
        let (mut at, mut slot) = (at, home_of(at)?);
        let mut distance = 0;
        // A text that is farther from its home takes the slot of one that is nearer.
        loop {
            let other = *slots.get(slot)?;
            if other == NO_TEXT {
                break;
            }
            let near = slot - home_of(other)?;
            if near < distance {
                *slots.get_mut(slot)? = at;
                (at, distance) = (other, near);
            }
            (slot, distance) = (slot + 1, distance + 1);
            if distance > FARTHEST {
                return None;
            }
        }
        *slots.get_mut(slot)? = at;
    }
    Some(slots)
}

/// Returns the number of slots at which the search in a list of this many texts can begin.
const fn homes(texts: usize) -> u32 {
    (texts * SLOTS_PER_TEXT) as u32
}

/// Returns true if the supplied text is one of the texts of a spread list.
#[inline]
pub(crate) fn is_in_spread(tables: &Tables, list: Run, supplied: &Supplied<'_>) -> bool {
    if !SPREADS {
        return false;
    }
    let homes = list.len.saturating_sub(FARTHEST as u32 + 2);
    let home = home(supplied, homes);
    let (heads, texts) = (list.of(&tables.heads_of_texts), list.of(&tables.texts));
    let (Some(heads), Some(texts)) = (heads.get(home..), texts.get(home..)) else { return false };
    for (head, text) in heads.iter().zip(texts) {
        if *head == supplied.head && text.has_rest_of(tables, supplied) {
            return true;
        }
        if text.len == NO_TEXT {
            return false;
        }
    }
    false
}

impl Text {
    /// Returns the length in bytes; `None` for a slot without a text.
    pub(crate) fn length(self) -> Option<usize> {
        (self.len != NO_TEXT).then_some(self.len as usize)
    }

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
            Self::AmongSpread => is_in_spread(tables, list, supplied),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::passes;

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
            assert_eq!(is_spread, SPREADS, "{predicate:?}");
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
            .filter(|text| home(&Supplied::new(text), 34) == 7)
            .take(17)
            .collect();
        let others: Vec<String> = ["x", ""].map(str::to_string).to_vec();
        let (predicate, found) = found(TextTest::Among, &alike, &[alike.clone(), others].concat());
        assert!(matches!(predicate, Predicate::Texts(TextTest::Among, _)), "{predicate:?}");
        assert_eq!(found, alike);
    }
}
