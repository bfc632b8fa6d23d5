//! The reason why a text is not JSON.

/// The reason for a page of HTML, which sign-in pages, proxies and wrong URLs send instead of JSON.
pub const HTML_PAGE: &str = "a page of HTML";

/// Returns the reason why a text is not JSON: [`HTML_PAGE`] if it begins as HTML does, and otherwise this error of the parser.
pub fn not_json(text: &str, error: &dyn std::fmt::Display) -> String {
    if is_html_page(text) { HTML_PAGE.to_string() } else { error.to_string() }
}

/// Returns true if a text begins as a page of HTML does.
#[must_use]
pub fn is_html_page(text: &str) -> bool {
    let begins = text.trim_start_matches('\u{feff}').trim_ascii_start();
    begins.starts_with('<') && !begins.starts_with("<?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_html_are_named() {
        for (text, is_page) in [
            ("<!doctype html><p>Sign in", true),
            ("\u{feff}\r\n <HTML>", true),
            ("<?xml version=\"1.0\"?><Error/>", false),
            ("[<", false),
            ("", false),
        ] {
            let expected = if is_page { HTML_PAGE } else { "line 1" };
            assert_eq!(not_json(text, &"line 1"), expected, "{text}");
        }
    }
}
