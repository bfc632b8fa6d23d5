//! The texts of clients in log lines.

use std::borrow::Cow;

/// The maximum length in bytes of a logged text of a request, such as a path with its query. Request heads may be large, and log lines are
/// stored.
const LONGEST: usize = 500;

/// Returns the text of a request as log lines show it. A text of more than [`LONGEST`] bytes is cut and ends with `…`.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    match text.get(..end) {
        Some(begin) if text.len() > LONGEST => format!("{begin}…").into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_of_two_bytes_is_not_split() {
        assert_eq!(cut(&"é".repeat(251)), format!("{}…", "é".repeat(250)));
        assert_eq!(cut(&format!("x{}", "é".repeat(250))), format!("x{}…", "é".repeat(249)));
    }
}
