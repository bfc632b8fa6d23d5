//! Versions.

use crate::generators::choices::Choices;

const TEXTS: &[&str] = &[
    "1.0.0",
    "1.0",
    "1",
    "1.2.3",
    "1.2.10",
    "9.0.0",
    "10.0.0",
    "2.0.0",
    "1.0.0-alpha",
    "1.0.0-beta",
    "1.0.0-alpha.9",
    "1.0.0-alpha.10",
    "1.0.0-rc.1",
    "1.0.0-SNAPSHOT",
    "1.0.0-sp",
    "1.0.0-ga",
    "1.0.0+a",
    "1.0.0+b",
    "1.0.0-a1",
    "1.0.0-b1",
    "1-m3",
    "v1.2.3",
    "01.2.3",
    "banana",
    "",
    ".",
    "-",
    "1..2",
    "1.-.2",
    "1-",
    "1.0.0-",
    "1_2",
    "1.0.0-0",
    "1.0.0.0.1",
    "1.0-final",
    "1.0-cr2",
    "99999999999999999999.0",
    "1.0.é",
    "1.0.0-x-y-z",
    "2.0a",
    "1a2b3c",
];

/// Parts that versions are built from.
const PARTS: &[&str] = &[
    "0", "1", "2", "9", "10", "11", "alpha", "beta", "rc", "a", "b", "m", "ga", "sp", "snapshot",
    "x", "Z", "+",
];

/// Draws a version, which may be malformed.
pub(super) fn draw(choices: &mut Choices<'_>) -> String {
    if choices.chance(3, 5) {
        return choices.one(TEXTS).to_owned();
    }
    let separators = [".", ".", ".", "-", "-", "", "_"];
    let parts =
        choices.some(1, 5, |choices| [choices.one(&separators), choices.one(PARTS)].concat());
    parts.concat().trim_start_matches(['.', '_']).to_owned()
}

/// Returns another spelling of the same version, or a neighbouring version.
pub(super) fn other_spelling(value: &str, twist: u8) -> Option<String> {
    match twist % 12 {
        0 => Some(format!("{value}.0")),
        1 => Some(format!("{value}-ga")),
        2 => value.strip_suffix(".0").map(str::to_owned),
        3 => Some(format!("{value}-rc")),
        4 => Some(value.to_uppercase()),
        5 => Some(format!("{value}.1")),
        6 => Some(format!("v{value}")),
        _ => None,
    }
}
