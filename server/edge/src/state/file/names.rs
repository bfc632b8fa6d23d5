//! Warnings about keys and names that cannot be addressed, or that readers cannot tell from others.

use super::part::{Part, Reading};

/// Returns true for characters that are not visible, or that change the direction of the text around them: control characters, separators
/// of lines, and the characters that Unicode lists as default ignorable or as bidirectional controls. The variation selectors and the
/// joiners between letters and emoji are not among them, because ordinary names contain them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Warns about the key of a feature that is `.` or `..`, or has an invisible character.
pub(super) fn check_key(reading: &mut Reading<'_>, part: &Part, key: &str) {
    if matches!(key, "." | "..") {
        let what = format!(
            "URLs cannot contain the path segment {key:?}, so neither the console nor the admin API nor a PUT can change this feature: choose \
             another key"
        );
        reading.warn(part, what);
    }
    check_name(reading, part, "this key", key);
}

/// Warns about a name that has an invisible character. `what` is the subject of the warning.
pub(super) fn check_name(reading: &mut Reading<'_>, part: &Part, what: &str, name: &str) {
    if let Some(c) = name.chars().find(|c| is_invisible(*c)) {
        let code = u32::from(c);
        let what = format!(
            "{what} contains U+{code:04X}, which is not visible or reorders the text, so readers cannot tell it from another name: remove the \
             character"
        );
        reading.warn(part, what);
    }
}
