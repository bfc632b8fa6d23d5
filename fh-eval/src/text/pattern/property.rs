//! The properties (`\p{…}`) that the dialect accepts, by Java's names.

use regex_syntax::ast::ClassAsciiKind;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::class::ascii_class;
use super::unicode::{self, SCRIPTS};

/// Returns the characters of a property as written in a pattern, such as `\p{Lu}`, `\P{IsGreek}` or `\pL`. Returns
/// `None` for any other name.
pub(super) fn class(token: &str, ignore_case: bool) -> Option<ClassUnicode> {
    let is_negated = token.starts_with(r"\P");
    let name = token.get(2..)?;
    let braced = name.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
    let mut class = named(braced.unwrap_or(name), ignore_case)?;
    if is_negated {
        class.negate();
    }
    Some(class)
}

fn named(name: &str, ignore_case: bool) -> Option<ClassUnicode> {
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_ascii_lowercase().as_str() {
            "gc" | "general_category" => category(value, ignore_case),
            "sc" | "script" => script(value),
            _ => None,
        };
    }
    match name.strip_prefix("Is") {
        Some(name) => binary(name, ignore_case)
            .or_else(|| category(name, ignore_case))
            .or_else(|| script(name)),
        None => category(name, ignore_case),
    }
}

/// Returns the characters of a binary property that is a union of general categories, or the complement of such a
/// union. Returns `None` for any other name, and for `Titlecase` if case is ignored.
fn binary(name: &str, ignore_case: bool) -> Option<ClassUnicode> {
    match name.to_ascii_uppercase().as_str() {
        "LETTER" => category("L", false),
        "DIGIT" => category("Nd", false),
        "PUNCTUATION" => category("P", false),
        "CONTROL" => category("Cc", false),
        "TITLECASE" => category("Lt", false).filter(|_| !ignore_case),
        "ASSIGNED" => Some(unicode::categories(|category| category != "Cn")),
        _ => None,
    }
}

/// Returns the characters of a general category, of one of Java's classes of ASCII characters, or of `LC`, `LD`, `L1`
/// or `all`. Returns `None` for any other name. The names are case-sensitive.
fn category(name: &str, ignore_case: bool) -> Option<ClassUnicode> {
    let ascii = |kind| Some(ascii_class(&kind));
    match name {
        // If case is ignored, these categories all mean the cased letters, as in Java since version 17.
        "Lu" | "Ll" | "Lt" if ignore_case => cased_letters(),
        "Lower" | "Upper" if ignore_case => ascii(ClassAsciiKind::Alpha),
        "LC" => cased_letters(),
        "LD" => Some(unicode::categories(|category| category.starts_with('L') || category == "Nd")),
        "L1" => Some(range('\0', '\u{FF}')),
        "all" => Some(range('\0', char::MAX)),
        "ASCII" => ascii(ClassAsciiKind::Ascii),
        "Alnum" => ascii(ClassAsciiKind::Alnum),
        "Alpha" => ascii(ClassAsciiKind::Alpha),
        "Blank" => ascii(ClassAsciiKind::Blank),
        "Cntrl" => ascii(ClassAsciiKind::Cntrl),
        "Digit" => ascii(ClassAsciiKind::Digit),
        "Graph" => ascii(ClassAsciiKind::Graph),
        "Lower" => ascii(ClassAsciiKind::Lower),
        "Print" => ascii(ClassAsciiKind::Print),
        "Punct" => ascii(ClassAsciiKind::Punct),
        "Space" => ascii(ClassAsciiKind::Space),
        "Upper" => ascii(ClassAsciiKind::Upper),
        "XDigit" => ascii(ClassAsciiKind::Xdigit),
        // A name of one letter means all categories that begin with this letter.
        _ => unicode::is_category(name)
            .then(|| unicode::categories(|category| category.starts_with(name))),
    }
}

/// Returns the characters of a common script, by its name or its ISO 15924 code, which Java reads without regard to case. Other
/// scripts are refused.
fn script(name: &str) -> Option<ClassUnicode> {
    let name = name.to_ascii_uppercase();
    SCRIPTS.iter().position(|(long, code)| name == *long || name == *code).map(unicode::script)
}

fn cased_letters() -> Option<ClassUnicode> {
    Some(unicode::categories(|category| matches!(category, "Lu" | "Ll" | "Lt")))
}

fn range(start: char, end: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(start, end)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(token: &str, c: char) -> bool {
        let class = class(token, false).unwrap();
        class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c))
    }

    #[test]
    fn every_name_is_in_the_tables() {
        for (name, code) in SCRIPTS {
            assert!(script(name).is_some() && script(code) == script(name), "{name}");
        }
        for name in ["Zl", "Zp", "Co", "Cn", "LC", "LD", "Me", "Cs"] {
            assert!(category(name, false).is_some(), "{name}");
        }
        assert!(has(r"\p{Zl}", '\u{2028}') && has(r"\P{Zl}", '\n'));
        assert!(has(r"\p{IsAssigned}", 'a') && !has(r"\p{IsAssigned}", '\u{378}'));
    }

    #[test]
    fn names_are_those_of_java() {
        for name in [
            "lu",
            "Isl",
            "Greek",
            "isGreek",
            "L&",
            "Any",
            "Letter",
            "^L",
            " L ",
            "",
            "IsOldItalic",
            "InGreek",
            "gc=lu",
        ] {
            assert!(class(&format!(r"\p{{{name}}}"), false).is_none(), "{name}");
        }
        for name in ["IsGREEK", "Isgreek", "IsGrek", "sc=Grek", "SCRIPT=greek"] {
            assert!(has(&format!(r"\p{{{name}}}"), 'α'), "{name}");
        }
        assert!(has(r"\pL", 'é') && has(r"\PL", '1') && has(r"\p{gc=Lu}", 'É'));
    }
}
