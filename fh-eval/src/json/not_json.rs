//! The reason why a text is not JSON.

/// The reason for a page of HTML, which sign-in pages, proxies and wrong URLs send instead of JSON.
pub const HTML_PAGE: &str = "a page of HTML";

/// The beginnings of the parser's errors, with what to write instead.
const ADVICE: [(&str, &str); 9] = [
    ("EOF", "a bracket or a quote is not closed, or a part of the text is missing"),
    ("trailing comma", "remove the comma before the closing bracket"),
    ("trailing characters", "remove what follows the first value"),
    ("key must be a string", "write the name in double quotes"),
    (
        "expected value",
        "write an object, a list, a text in double quotes, a number, true, false or null",
    ),
    ("expected `:`", "write a colon after the name"),
    ("expected `,`", "write a comma before the next part, or the closing bracket"),
    ("control character", "close the text, or write its line break as \\n"),
    ("invalid escape", "write a backslash as \\\\"),
];

/// Returns the reason why a text is not JSON, and what to write instead: [`HTML_PAGE`] if it begins as HTML does, and otherwise this error of
/// the parser with advice. The reason contains no part of the text.
pub fn not_json(text: &str, error: &dyn std::fmt::Display) -> String {
    if is_html_page(text) {
        return HTML_PAGE.to_string();
    }
    if text.trim_ascii().is_empty() {
        return "the text is empty".to_string();
    }
    // The parser expects an "ident" after the first letter of true, false or null.
    let error = error.to_string().replace("expected ident", "expected value");
    match ADVICE.iter().find(|(begin, _)| error.starts_with(begin)) {
        Some((_, advice)) => format!("{error}: {advice}"),
        None => error,
    }
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
    fn errors_of_the_parser_have_advice() {
        for (text, parts) in [
            ("", ["the text is", "empty"]),
            ("text", ["expected value at line 1 column 2", "a text in double quotes"]),
            ("{'a': 1}", ["key must be a string at line 1 column 2", "in double quotes"]),
            ("[1,]", ["trailing comma at line 1 column 4", "remove the comma"]),
            ("[1", ["line 1 column 2", "not closed"]),
            ("[1] 2", ["trailing characters", "remove what follows"]),
            ("{\"a\" 1}", ["expected `:`", "a colon"]),
            ("{\"a\": 1 \"b\"}", ["expected `,` or `}`", "a comma"]),
        ] {
            let error = serde_json::from_str::<serde::de::IgnoredAny>(text).unwrap_err();
            let said = not_json(text, &error);
            assert!(parts.iter().all(|part| said.contains(part)), "{text}: {said}");
        }
    }

    #[test]
    fn pages_of_html_are_named() {
        for (text, is_page) in [
            ("<!doctype html><p>Sign in", true),
            ("\u{feff}\r\n <HTML>", true),
            ("<?xml version=\"1.0\"?><Error/>", false),
            ("[<", false),
            ("", false),
        ] {
            let no_page = if text.is_empty() { "the text is empty" } else { "line 1" };
            let expected = if is_page { HTML_PAGE } else { no_page };
            assert_eq!(not_json(text, &"line 1"), expected, "{text}");
        }
    }
}
