//! Character classes as ranges of characters.

use regex_syntax::ast::{ClassAsciiKind, ClassPerlKind};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

fn ranges(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(start, end)| ClassUnicodeRange::new(*start, *end)))
}

pub(super) fn perl_class(kind: &ClassPerlKind) -> ClassUnicode {
    match kind {
        ClassPerlKind::Digit => ranges(&[('0', '9')]),
        ClassPerlKind::Space => ranges(&[('\t', '\r'), (' ', ' ')]),
        ClassPerlKind::Word => ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    }
}

pub(super) fn ascii_class(kind: &ClassAsciiKind) -> ClassUnicode {
    match kind {
        ClassAsciiKind::Alnum => ranges(&[('0', '9'), ('A', 'Z'), ('a', 'z')]),
        ClassAsciiKind::Alpha => ranges(&[('A', 'Z'), ('a', 'z')]),
        ClassAsciiKind::Ascii => ranges(&[('\0', '\x7F')]),
        ClassAsciiKind::Blank => ranges(&[('\t', '\t'), (' ', ' ')]),
        ClassAsciiKind::Cntrl => ranges(&[('\0', '\x1F'), ('\x7F', '\x7F')]),
        ClassAsciiKind::Digit => ranges(&[('0', '9')]),
        ClassAsciiKind::Graph => ranges(&[('!', '~')]),
        ClassAsciiKind::Lower => ranges(&[('a', 'z')]),
        ClassAsciiKind::Print => ranges(&[(' ', '~')]),
        ClassAsciiKind::Punct => ranges(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        ClassAsciiKind::Space => ranges(&[('\t', '\r'), (' ', ' ')]),
        ClassAsciiKind::Upper => ranges(&[('A', 'Z')]),
        ClassAsciiKind::Word => ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        ClassAsciiKind::Xdigit => ranges(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
    }
}

pub(super) fn negated_if(negated: bool, mut class: ClassUnicode) -> ClassUnicode {
    if negated {
        class.negate();
    }
    class
}

/// Adds the lower-case or upper-case counterpart of each ASCII letter in a class.
pub(super) fn fold(class: &mut ClassUnicode) {
    let mut other_case = ClassUnicode::empty();
    for (letters, shift) in [(('A', 'Z'), 32), (('a', 'z'), -32_i32)] {
        let mut here = class.clone();
        here.intersect(&ranges(&[letters]));
        for range in here.ranges() {
            let moved = |c: char| (c as u32).checked_add_signed(shift).and_then(char::from_u32);
            if let (Some(start), Some(end)) = (moved(range.start()), moved(range.end())) {
                other_case.push(ClassUnicodeRange::new(start, end));
            }
        }
    }
    class.union(&other_case);
}

/// Adds the characters that are equal to a character in a class when Unicode's simple case folding is applied to both.
#[cfg(feature = "featuresignals")]
pub(super) fn fold_simple(class: &mut ClassUnicode) {
    // This fails only without the tables of the folding, which the feature `featuresignals` of this crate adds (`unicode-case`).
    let _ = class.try_case_fold_simple();
}

/// Adds the characters beyond ASCII that are the lower or the upper case of a character in a class.
#[cfg(feature = "featbit")]
pub(super) fn fold_beyond_ascii(class: &mut ClassUnicode) {
    /// The last character with two cases.
    const LAST_CASED: char = '\u{1E943}';
    let mut beyond = class.clone();
    beyond.intersect(&ranges(&[('\u{80}', LAST_CASED)]));
    let mut other_case = ClassUnicode::empty();
    for c in beyond.ranges().iter().flat_map(|range| range.start()..=range.end()) {
        let (mut lower, mut upper) = (c.to_lowercase(), c.to_uppercase());
        for (first, rest) in [(lower.next(), lower.next()), (upper.next(), upper.next())] {
            if let (Some(other), None) = (first, rest)
                && other != c
            {
                other_case.push(ClassUnicodeRange::new(other, other));
            }
        }
    }
    class.union(&other_case);
}
