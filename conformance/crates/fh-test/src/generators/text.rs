//! Texts: ordinary ones, difficult ones, and texts close to another text.

use crate::generators::choices::Choices;

const PLAIN: &[&str] = &[
    "a", "b", "ab", "abc", "abcd", "banana", "ana", "Android", "android", "ios", "peru", "nz",
    "gold", "beta", "acme", "x", "user-7", "carol", "true", "false", "10", "9",
];

/// Texts that some implementation handles wrongly.
const HOSTILE: &[&str] = &[
    "",
    " ",
    " ab",
    "ab ",
    "\t",
    "\n",
    "ab\n",
    "a\r\nb",
    "\u{0}",
    "a\u{0}b",
    "é",
    "e\u{301}",
    "ß",
    "SS",
    "ı",
    "İ",
    "K",
    "\u{e000}",
    "\u{ffff}",
    "\u{1f600}",
    "😀a",
    "żółw-🐢",
    "🚲",
    "x🚲🚲y",
    "利用者7",
    "zoë",
    "\u{200d}",
    "\u{feff}ab",
    "\u{202e}ab",
    "\u{2028}",
    "\u{85}",
    "<none>",
    "$",
    "a$b",
    "a,b",
    "\"",
    "\\",
    "${x}",
    "null",
    "NaN",
    "-0",
    "0x10",
    "1e3",
    "٣",
    "１２",
    "%00",
    "now",
];

/// Draws an ordinary text.
pub fn draw_plain_text(choices: &mut Choices<'_>) -> String {
    if choices.chance(1, 5) {
        let letters = ['a', 'b', 'n', 'z', '0', '9', '-', '.'];
        return choices.some(0, 5, |choices| choices.one(&letters)).into_iter().collect();
    }
    choices.one(PLAIN).to_owned()
}

/// Draws a text that is difficult for implementations: empty, blank, with control characters, characters above U+FFFF, combining or
/// look-alike characters, or separators of percentage keys, words with a special meaning elsewhere, or very long.
pub fn draw_hostile_text(choices: &mut Choices<'_>) -> String {
    let letters = ['a', 'é', '\u{301}', '\u{e000}', '🐢', '\u{0}', '$', '"', '\\', '\n', '9'];
    match choices.weighted(&[8, 3, 1]) {
        0 => choices.one(HOSTILE).to_owned(),
        1 => choices.some(0, 5, |choices| choices.one(&letters)).into_iter().collect(),
        _ => choices.one(&['a', '🐢']).to_string().repeat(100 + choices.below(300)),
    }
}

/// Draws an ordinary text or, in one of four cases, a difficult one.
pub(crate) fn draw_text(choices: &mut Choices<'_>) -> String {
    if choices.chance(1, 4) { draw_hostile_text(choices) } else { draw_plain_text(choices) }
}

/// Returns a text close to another: the same, its beginning or end, a longer one, another case, or a look-alike. `twist` chooses the
/// variant; every number is valid.
#[must_use]
pub fn near_text(text: &str, twist: u8) -> String {
    let without_last = || {
        let mut chars = text.chars();
        chars.next_back();
        chars.as_str().to_owned()
    };
    match twist % 16 {
        0..=5 => text.to_owned(),
        6 => without_last(),
        7 => text.chars().skip(1).collect(),
        8 => format!("{text}a"),
        9 => format!("a{text}"),
        10 => format!("x{text}y"),
        11 => text.to_uppercase(),
        12 => text.to_lowercase(),
        13 => format!("{text}\n"),
        14 => format!(" {text}"),
        _ => format!("{}\u{1f600}", without_last()),
    }
}
