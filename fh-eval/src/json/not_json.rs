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

/// Returns the reason why a text is not JSON: [`HTML_PAGE`] if it begins as HTML does, and otherwise this error of the parser.
pub fn not_json(text: &str, error: &dyn std::fmt::Display) -> String {
    if is_html_page(text) { HTML_PAGE.to_string() } else { error.to_string() }
}

/// Returns a reason of [`not_json`] with what to write instead, for people who write the text themselves. The result contains no part of
/// the text.
pub fn with_json_advice(reason: &str) -> String {
    if reason.ends_with("at line 1 column 0") {
        return "the text is empty".to_string();
    }
    // The parser expects an "ident" after the first letter of true, false or null.
    let reason = reason.replace("expected ident", "expected value");
    match ADVICE.iter().find(|(begin, _)| reason.starts_with(begin)) {
        Some((_, advice)) => format!("{reason}: {advice}"),
        None => reason,
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
            ("text", ["expected value at line 1 column 2", "a text in double quotes"]),
            ("{'a': 1}", ["key must be a string at line 1 column 2", "in double quotes"]),
            ("", ["the text is", "empty"]),
            ("[1", ["line 1 column 2", "not closed"]),
            ("[1] 2", ["trailing characters", "remove what follows"]),
            ("{\"a\" 1}", ["expected `:`", "a colon"]),
            ("{\"a\": 1 \"b\"}", ["expected `,` or `}`", "a comma"]),
        ] {
            let error = serde_json::from_str::<serde::de::IgnoredAny>(text).unwrap_err();
            let said = with_json_advice(&not_json(text, &error));
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
            let expected = if is_page { HTML_PAGE } else { "line 1" };
            assert_eq!(not_json(text, &"line 1"), expected, "{text}");
        }
    }
}
