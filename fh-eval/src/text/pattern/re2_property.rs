//! The properties (`\p{…}`) of RE2, by the names that Go accepts since version 1.25. Names are compared without regard to case, spaces,
//! hyphens and underscores.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::class::fold_simple;
use super::unicode::{self, SCRIPTS};

/// The long names of general categories.
const CATEGORIES: [(&str, &str); 43] = [
    ("other", "C"),
    ("control", "Cc"),
    ("cntrl", "Cc"),
    ("format", "Cf"),
    ("unassigned", "Cn"),
    ("privateuse", "Co"),
    ("surrogate", "Cs"),
    ("letter", "L"),
    ("casedletter", "Lc"),
    ("lowercaseletter", "Ll"),
    ("modifierletter", "Lm"),
    ("otherletter", "Lo"),
    ("titlecaseletter", "Lt"),
    ("uppercaseletter", "Lu"),
    ("mark", "M"),
    ("combiningmark", "M"),
    ("spacingmark", "Mc"),
    ("enclosingmark", "Me"),
    ("nonspacingmark", "Mn"),
    ("number", "N"),
    ("decimalnumber", "Nd"),
    ("digit", "Nd"),
    ("letternumber", "Nl"),
    ("othernumber", "No"),
    ("punctuation", "P"),
    ("punct", "P"),
    ("connectorpunctuation", "Pc"),
    ("dashpunctuation", "Pd"),
    ("closepunctuation", "Pe"),
    ("finalpunctuation", "Pf"),
    ("initialpunctuation", "Pi"),
    ("otherpunctuation", "Po"),
    ("openpunctuation", "Ps"),
    ("symbol", "S"),
    ("currencysymbol", "Sc"),
    ("modifiersymbol", "Sk"),
    ("mathsymbol", "Sm"),
    ("othersymbol", "So"),
    ("separator", "Z"),
    ("lineseparator", "Zl"),
    ("paragraphseparator", "Zp"),
    ("spaceseparator", "Zs"),
    ("assigned", "Assigned"),
];

/// Returns the short name of a property, with an upper-case first letter; `None` if there is no such property, or if it is a script without
/// a table.
pub(super) fn canonical(name: &str) -> Option<String> {
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-'))
        .collect::<String>()
        .to_ascii_lowercase();
    if let Some((_, short)) = CATEGORIES.iter().find(|(long, _)| *long == name) {
        return Some((*short).to_string());
    }
    let first = name.get(..1)?.to_ascii_uppercase();
    let capitalized = format!("{first}{}", name.get(1..)?);
    let is_known = matches!(&*capitalized, "Any" | "Ascii" | "Assigned" | "Lc")
        || unicode::is_category(&capitalized)
        || script(&capitalized).is_some();
    is_known.then_some(capitalized)
}

fn script(name: &str) -> Option<usize> {
    SCRIPTS.iter().position(|(long, _)| long.eq_ignore_ascii_case(name))
}

/// Returns the characters of a property, which is written with its short name, such as `\p{Lu}` and `\P{Greek}`.
pub(super) fn class(token: &str, ignore_case: bool) -> Option<ClassUnicode> {
    let name = token.get(2..)?.strip_prefix('{')?.strip_suffix('}')?;
    let range = |end| ClassUnicode::new([ClassUnicodeRange::new('\0', end)]);
    let mut class = match name {
        "Any" => range(char::MAX),
        "Ascii" => range('\x7F'),
        "Assigned" => unicode::categories(|category| category != "Cn"),
        "Lc" => unicode::categories(|category| matches!(category, "Lu" | "Ll" | "Lt")),
        name if unicode::is_category(name) => {
            unicode::categories(|category| category.starts_with(name))
        }
        name => unicode::script(script(name)?),
    };
    if ignore_case {
        fold_simple(&mut class);
    }
    if token.starts_with(r"\P") {
        class.negate();
    }
    Some(class)
}
