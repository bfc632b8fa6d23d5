//! General categories and scripts of characters, with the same characters as the tables of `regex-syntax`. Those tables take
//! more than 100 KB of a WebAssembly module, and the tables of this module take 7 KB.

mod tables;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use tables::{CATEGORY_RUNS, SCRIPT_RUNS};

/// The general categories, in the order of their numbers in [`CATEGORY_RUNS`].
const CATEGORIES: [&str; 30] = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn", "Cs",
];
/// Common scripts by their names and ISO 15924 codes, in the order of their numbers in [`SCRIPT_RUNS`]. The number after
/// the last one means all other scripts.
pub(super) const SCRIPTS: [(&str, &str); 32] = [
    ("ARABIC", "ARAB"),
    ("ARMENIAN", "ARMN"),
    ("BENGALI", "BENG"),
    ("BOPOMOFO", "BOPO"),
    ("CHEROKEE", "CHER"),
    ("COMMON", "ZYYY"),
    ("CYRILLIC", "CYRL"),
    ("DEVANAGARI", "DEVA"),
    ("ETHIOPIC", "ETHI"),
    ("GEORGIAN", "GEOR"),
    ("GREEK", "GREK"),
    ("GUJARATI", "GUJR"),
    ("GURMUKHI", "GURU"),
    ("HAN", "HANI"),
    ("HANGUL", "HANG"),
    ("HEBREW", "HEBR"),
    ("HIRAGANA", "HIRA"),
    ("INHERITED", "ZINH"),
    ("KANNADA", "KNDA"),
    ("KATAKANA", "KANA"),
    ("KHMER", "KHMR"),
    ("LAO", "LAOO"),
    ("LATIN", "LATN"),
    ("MALAYALAM", "MLYM"),
    ("MONGOLIAN", "MONG"),
    ("MYANMAR", "MYMR"),
    ("ORIYA", "ORYA"),
    ("SINHALA", "SINH"),
    ("TAMIL", "TAML"),
    ("TELUGU", "TELU"),
    ("THAI", "THAI"),
    ("TIBETAN", "TIBT"),
];

/// Number of bits for the length of a run in [`CATEGORY_RUNS`].
const CATEGORY_LENGTH_BITS: u32 = 3;
/// Number of bits for the length of a run in [`SCRIPT_RUNS`].
const SCRIPT_LENGTH_BITS: u32 = 2;

/// Returns the characters of the general categories for which `is_wanted` returns true. Surrogates, the category `Cs`, never
/// occur in a Rust string, so a range contains them only between other characters.
pub(super) fn categories(is_wanted: impl Fn(&str) -> bool) -> ClassUnicode {
    let numbers = (0..).zip(CATEGORIES).filter(|(_, name)| is_wanted(name));
    let wanted = numbers.map(|(number, _)| 1 << number).sum();
    characters(CATEGORY_RUNS, CATEGORY_LENGTH_BITS, wanted)
}

/// Returns true if a name is that of a general category, such as `Lu`, or of all categories with the same first letter, such
/// as `L`.
pub(super) fn is_category(name: &str) -> bool {
    CATEGORIES.iter().any(|category| name == *category || category.get(..1) == Some(name))
}

/// Returns the characters of a script, which is given by its position in [`SCRIPTS`].
pub(super) fn script(position: usize) -> ClassUnicode {
    characters(SCRIPT_RUNS, SCRIPT_LENGTH_BITS, 1 << position)
}

/// Returns the characters of some runs of a table. The runs follow each other from U+0000 on. The lower bits of a run's first
/// byte are its length, and the upper bits are its number. The length 0 means that the length follows, in groups of 7 bits
/// with the lowest group first; all groups but the last have the bit 128. A run is returned if the bit of its number is set in
/// `wanted`.
fn characters(runs: &[u8], length_bits: u32, wanted: u64) -> ClassUnicode {
    let mut ranges = Vec::new();
    let mut bytes = runs.iter().copied().map(u32::from);
    let mut end = 0;
    // The start of the wanted runs that precede `end`.
    let mut start = None;
    while let Some(head) = bytes.next() {
        if wanted >> (head >> length_bits) & 1 == 1 {
            start = start.or(Some(end));
        } else if let Some(start) = start.take() {
            ranges.extend(range(start, end));
        }
        let mut length = head & ((1 << length_bits) - 1);
        if length == 0 {
            for (group, byte) in (0..).zip(&mut bytes) {
                length |= (byte & 0x7f) << (7 * group);
                if byte < 0x80 {
                    break;
                }
            }
        }
        end += length;
    }
    ranges.extend(start.and_then(|start| range(start, end)));
    ClassUnicode::new(ranges)
}

/// Returns the characters from `start` to the one before `end`, which are code points. Returns `None` if all are surrogates.
fn range(start: u32, end: u32) -> Option<ClassUnicodeRange> {
    let start = char::from_u32(start).unwrap_or('\u{E000}');
    let last = char::from_u32(end - 1).unwrap_or('\u{D7FF}');
    (start <= last).then(|| ClassUnicodeRange::new(start, last))
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use regex_syntax::hir::{Class, HirKind};

    use super::*;

    /// Returns the characters of a property from the tables of `regex-syntax`, which only tests contain.
    fn expected(property: &str) -> ClassUnicode {
        match regex_syntax::parse(&format!(r"\p{{{property}}}")).unwrap().into_kind() {
            HirKind::Class(Class::Unicode(class)) => class,
            // `regex-syntax` reduces a class of one character to a literal.
            HirKind::Literal(literal) => {
                let c = std::str::from_utf8(&literal.0).unwrap().chars().next().unwrap();
                ClassUnicode::new([ClassUnicodeRange::new(c, c)])
            }
            other => panic!("{property}: {other:?}"),
        }
    }

    /// Writes the runs of a table. Each class has the number of its position. All other characters have the number `rest`.
    fn table(classes: &[ClassUnicode], rest: usize, length_bits: u32) -> Vec<u8> {
        const CHARACTERS: RangeInclusive<u32> = 0..=0x10_FFFF;
        let mut numbers = vec![rest; CHARACTERS.count()];
        for (number, class) in classes.iter().enumerate() {
            for c in class.ranges().iter().flat_map(|range| range.start()..=range.end()) {
                numbers[c as usize] = number;
            }
        }
        let mut table = Vec::new();
        for run in numbers.chunk_by(|one, next| one == next) {
            let head = run[0] << length_bits;
            let mut length = run.len();
            if length < 1 << length_bits {
                table.push(u8::try_from(head | length).unwrap());
                continue;
            }
            table.push(u8::try_from(head).unwrap());
            while length >= 0x80 {
                table.push(length as u8 | 0x80);
                length >>= 7;
            }
            table.push(length as u8);
        }
        table
    }

    #[test]
    fn tables_are_those_of_regex_syntax() {
        let (surrogates, names) = CATEGORIES.split_last().unwrap();
        assert_eq!(*surrogates, "Cs");
        let classes: Vec<_> = names.iter().map(|name| expected(&format!("gc={name}"))).collect();
        let categories = table(&classes, names.len(), CATEGORY_LENGTH_BITS);
        let classes = SCRIPTS.map(|(name, _)| expected(&format!("sc={name}")));
        let scripts = table(&classes, SCRIPTS.len(), SCRIPT_LENGTH_BITS);
        assert!(
            (CATEGORY_RUNS, SCRIPT_RUNS) == (&*categories, &*scripts),
            "the tables for `tables.rs`:\npub(super) static CATEGORY_RUNS: &[u8] = &{categories:?};\n\npub(super) static SCRIPT_RUNS: &[u8] = &{scripts:?};\n"
        );
    }

    #[test]
    fn every_property_has_the_characters_of_regex_syntax() {
        for name in CATEGORIES.into_iter().filter(|name| *name != "Cs") {
            assert_eq!(
                categories(|category| category == name),
                expected(&format!("gc={name}")),
                "{name}"
            );
        }
        for name in ["L", "M", "N", "P", "S", "Z", "C"] {
            assert_eq!(
                categories(|category| category.starts_with(name)),
                expected(&format!("gc={name}")),
                "{name}"
            );
        }
        for (position, (name, code)) in SCRIPTS.into_iter().enumerate() {
            assert_eq!(script(position), expected(&format!("sc={name}")), "{name}");
            assert_eq!(expected(&format!("sc={code}")), expected(&format!("sc={name}")), "{name}");
        }
        assert_eq!(categories(|category| category == "Cs"), ClassUnicode::empty());
        let mut assigned = expected("gc=Cn");
        assigned.negate();
        assert_eq!(categories(|category| category != "Cn"), assigned);
    }
}
