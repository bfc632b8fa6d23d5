//! Conversion to lower case, with the same results as the standard library's. The tables of the standard library take 13 KB
//! of a WebAssembly module, and those of this module take 4 KB.

mod tables;

use std::iter;

use tables::{LETTERS, NEIGHBOURS, OFFSETS};

/// A capital letter whose lower case depends on its neighbours: `ς` at the end of a word, `σ` elsewhere.
const SIGMA: char = 'Σ';
/// The only letter whose lower case has two characters.
const DOTTED_I: char = 'İ';
const DOT_ABOVE: char = '\u{307}';

/// Returns the characters of `c` in lower case: one for every character but `İ`, which has two.
pub(crate) fn of_char(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        DOTTED_I => ('i', Some(DOT_ABOVE)),
        _ => (simple(c).unwrap_or(c), None),
    };
    iter::once(first).chain(second)
}

/// Returns true if the lower case of `c` differs from `c`.
pub(crate) fn changes(c: char) -> bool {
    c == DOTTED_I || simple(c).is_some()
}

/// Returns a text in lower case.
pub(crate) fn of_text(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            SIGMA if ends_a_word(text, at) => lower.push('ς'),
            _ => lower.extend(of_char(c)),
        }
    }
    lower
}

/// Returns true if the sigma at the byte `at` is the last letter of a word: a letter precedes it, and no letter follows it.
/// Characters that may stand within a word, such as apostrophes and combining marks, are passed over.
fn ends_a_word(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at + SIGMA.len_utf8()..).unwrap_or_default();
    is_letter(before.chars().rev()) && !is_letter(after.chars())
}

/// Returns true if the first character that may not be passed over is a letter with a case.
fn is_letter(mut characters: impl Iterator<Item = char>) -> bool {
    let first = characters.find_map(|c| match row(NEIGHBOURS, c) {
        Some(row) => row.flag.then_some(true),
        None => Some(false),
    });
    first == Some(true)
}

/// Returns the lower case of a character that has another one, which is a single character.
fn simple(c: char) -> Option<char> {
    let row = row(LETTERS, c)?;
    if row.flag && (u32::from(c) - row.first) % 2 == 1 {
        return None;
    }
    let offset = OFFSETS.get(row.at)?;
    char::from_u32(u32::from(c).wrapping_add_signed(*offset))
}

/// A range of characters in a table.
struct Row {
    /// The row's position in its table.
    at: usize,
    /// The first character of the range.
    first: u32,
    /// In [`LETTERS`], true if every second character of the range is in lower case already. In [`NEIGHBOURS`], true if the
    /// characters are letters with a case, and false if they are passed over.
    flag: bool,
}

/// Returns the row of a character. A row of a table is one number: 21 bits for the first character of a range, 10 bits for
/// the distance to the last one, and 1 bit for [`Row::flag`].
fn row(table: &[u32], c: char) -> Option<Row> {
    let c = u32::from(c);
    let at = table.partition_point(|row| row >> 11 <= c).checked_sub(1)?;
    let row = *table.get(at)?;
    let first = row >> 11;
    (c - first <= (row >> 1) & 0x3ff).then_some(Row { at, first, flag: row & 1 == 1 })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    /// Returns the range from `first` to `last` as a row of a table.
    fn packed(first: u32, last: u32, flag: bool) -> u32 {
        assert!(last - first < 1 << 10);
        first << 11 | (last - first) << 1 | u32::from(flag)
    }

    /// Computes [`LETTERS`] and [`OFFSETS`] with the standard library.
    fn letters() -> (Vec<u32>, Vec<i32>) {
        // The first and the last character of a run, the distance of its characters, and the offset of their lower case.
        let mut runs: Vec<(u32, u32, u32, i32)> = Vec::new();
        for c in char::MIN..=char::MAX {
            let mut lower = c.to_lowercase();
            let (Some(lower), None) = (lower.next(), lower.next()) else { continue };
            let offset = u32::from(lower).wrapping_sub(u32::from(c)).cast_signed();
            let c = u32::from(c);
            match runs.last_mut() {
                _ if offset == 0 => {}
                Some((first, last, step, known))
                    if *known == offset && last == first && c - *last <= 2 =>
                {
                    (*last, *step) = (c, c - *last);
                }
                Some((first, last, step, known))
                    if *known == offset && last != first && c - *last == *step =>
                {
                    *last = c;
                }
                _ => runs.push((c, c, 1, offset)),
            }
        }
        let rows = runs.iter().map(|(first, last, step, _)| packed(*first, *last, *step == 2));
        (rows.collect(), runs.iter().map(|run| run.3).collect())
    }

    /// Computes [`NEIGHBOURS`] with the standard library, from its treatment of a sigma after each character.
    fn neighbours() -> Vec<u32> {
        let is_final = |before: &str| format!("{before}Σ").to_lowercase().ends_with('ς');
        let mut runs: Vec<(u32, u32, bool)> = Vec::new();
        let mut text = String::new();
        for c in char::MIN..=char::MAX {
            text.clear();
            text.extend(['A', c]);
            if !is_final(&text) {
                continue;
            }
            let is_letter = is_final(&text[1..]);
            let c = u32::from(c);
            match runs.last_mut() {
                Some((_, last, known)) if *last + 1 == c && *known == is_letter => *last = c,
                _ => runs.push((c, c, is_letter)),
            }
        }
        runs.iter().map(|(first, last, is_letter)| packed(*first, *last, *is_letter)).collect()
    }

    #[test]
    fn tables_are_those_of_the_standard_library() {
        if char::UNICODE_VERSION < tables::UNICODE_VERSION {
            println!("not compared: the standard library has an older version of Unicode");
            return;
        }
        let ((letters, offsets), neighbours) = (letters(), neighbours());
        let is_equal = (LETTERS, OFFSETS, NEIGHBOURS) == (&*letters, &*offsets, &*neighbours);
        let mut text = String::new();
        writeln!(text, "pub(super) static LETTERS: &[u32] = &{letters:#x?};").unwrap();
        writeln!(text, "pub(super) static OFFSETS: &[i32] = &{offsets:?};").unwrap();
        writeln!(text, "pub(super) static NEIGHBOURS: &[u32] = &{neighbours:#x?};").unwrap();
        let version = char::UNICODE_VERSION;
        assert!(is_equal, "the tables of Unicode {version:?}, for `tables.rs`:\n{text}");
    }

    #[test]
    fn every_character_has_the_lower_case_of_the_standard_library() {
        if char::UNICODE_VERSION != tables::UNICODE_VERSION {
            println!("not compared: the standard library has another version of Unicode");
            return;
        }
        for c in char::MIN..=char::MAX {
            assert!(of_char(c).eq(c.to_lowercase()), "{c:?}");
            assert_eq!(changes(c), !c.to_lowercase().eq([c]), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_has_the_lower_case_of_the_standard_library(
            text in "[ΣΣΣσςAaİIǅʰ'’.:\u{301}\u{ad} 1é𝐀Ꙁ]{0,12}",
        ) {
            prop_assert_eq!(of_text(&text), text.to_lowercase());
        }
    }
}
