//! Text from SDKs without characters that hide or reorder other text.

/// Returns the text on one line. Control characters, and marks that change the direction of the text around them, are replaced.
pub(super) fn plain_text(text: &str) -> String {
    let replaced = |c: char| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(replaced).collect()
}
