//! Patterns inside and outside the dialect, and texts that they may match.

use crate::generators::choices::Choices;

const PATTERNS: &[&str] = &[
    "ana",
    "^ba",
    "na$",
    "^banana$",
    "",
    ".",
    ".*",
    "^.*$",
    "a|b",
    "^(a|ab)$",
    "(?i)ANA",
    "\\d+",
    "[a-c]+",
    "[^x]",
    "\\w+",
    "\\bana\\b",
    "a{2,3}",
    "(a+)+$",
    "\\.",
    "1.*",
    "^\\s*$",
    "(?s)a.b",
    "(?m)^b$",
    "[\\d.]+",
    "é",
    "(?:gold|beta)",
    "a??",
    "x*",
    "[[:alpha:]]",
    "\\S",
    "\\W",
    "\\D",
    "^$",
    "\\Aab\\z",
    "(?P<n>a)b",
    "\\p{L}+",
    "\\P{Lu}",
    "\\h",
    "\\Qa.b\\E",
    "a\\R?",
    "\\R",
    "a\\Z",
    "[a[b]n]",
    "(?=a)",
    "(?!a)",
    "(?<=a)b",
    "(?<!a)b",
    "^(?!ba).*$",
    "^(?=.*\\d)(?=.*[a-z]).*$",
    "na(?<!b.*)$",
    "^(?:(?!an).)*$",
    "a\\Z\\n",
    "(?!\\Z).",
];

/// Patterns that are refused: they are malformed, need more than linear time, or are outside the dialect.
const REFUSED: &[&str] = &[
    "(",
    ")",
    "[",
    "*",
    "+a",
    "a{2",
    "(?=(a)\\1)",
    "(a)\\1",
    "\\p{Greek}",
    "\\pX",
    "a{9,1}",
    "[z-a]",
    "\\",
];

/// Draws a pattern. One in ten is outside the dialect.
pub fn draw_pattern(choices: &mut Choices<'_>) -> String {
    match choices.weighted(&[5, 4, 1]) {
        0 => choices.one(PATTERNS).to_owned(),
        1 => built(choices, 3),
        _ => choices.one(REFUSED).to_owned(),
    }
}

fn built(choices: &mut Choices<'_>, depth: usize) -> String {
    let atoms = ["a", "b", "n", "é", "1", ".", "\\d", "\\w", "[ab]", "[^n]", "^", "$", "\\b", "🐢"];
    if depth == 0 {
        return choices.one(&atoms).to_owned();
    }
    match choices.weighted(&[2, 3, 2, 2, 1]) {
        0 => choices.one(&atoms).to_owned(),
        1 => choices.some(1, 3, |choices| built(choices, depth - 1)).concat(),
        2 => format!("(?:{}|{})", built(choices, depth - 1), built(choices, depth - 1)),
        4 => {
            let kind = choices.one(&["=", "!", "<=", "<!"]);
            format!("(?{kind}{})", built(choices, depth - 1))
        }
        _ => {
            let inner = built(choices, depth - 1);
            format!("(?:{inner}){}", choices.one(&["*", "+", "?", "{2}", "{0,2}", "*?"]))
        }
    }
}

/// Returns a text that the pattern may match. Often it is the pattern without its operators.
pub(super) fn near(pattern: &str, twist: u8) -> String {
    let letters: String =
        pattern.chars().filter(|c| !"\\^$.*+?()[]{}|:<>=!".contains(*c)).collect();
    match twist % 16 {
        0..=3 => letters,
        4 => format!("x{letters}y"),
        5 => format!("{letters}\n"),
        6 => letters.to_uppercase(),
        7 => "banana".to_owned(),
        8 => "aab".to_owned(),
        9 => "é1".to_owned(),
        10 => String::new(),
        11 => "a\nb".to_owned(),
        12 => "٣".to_owned(),
        13 => "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".to_owned(),
        _ => pattern.to_owned(),
    }
}
