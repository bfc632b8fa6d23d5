//! Advice for the errors of the YAML parser.

/// Parts of the parser's errors, with what to write instead. The first part that an error contains counts.
const ADVICE: [(&str, &str); 17] = [
    ("tab", "indent with spaces"),
    (
        "mapping values are not allowed",
        "write a blank after each colon, quotes around a text with `: `, and this line below its neighbours",
    ),
    ("expected '-' indicator", "begin each entry with `- ` in the column of the first one"),
    (
        "block sequence entries",
        "begin each entry with `- ` on a line of its own, below the name of the list",
    ),
    ("simple key expect", "write `name: value`, with a blank after the colon"),
    (
        "did not find expected key",
        "indent this line as the members around it, and write `name: value`",
    ),
    ("flow mapping", "separate members by commas, and close the map with `}`"),
    ("flow sequence", "separate entries by commas, and close the list with `]`"),
    ("trailing content", "separate members by commas"),
    ("<document start>", "write `name: value`, without brackets around the name"),
    ("misplaced bracket", "remove the bracket, or put the text in quotes"),
    ("unexpected character", "put the text in quotes"),
    ("unexpected end of stream", "close the text with the quote that opens it"),
    ("unknown escape", "write a backslash as two of them, or put the text in single quotes"),
    ("unknown anchor", "write `&name` before the first value that `*name` repeats"),
    ("indentation", "indent this line as the lines around it"),
    ("expected node content", "write a value here, or close the bracket before it"),
];

/// Returns an error of the YAML parser with what to write instead.
pub(crate) fn advised(error: &str) -> String {
    match ADVICE.iter().find(|(part, _)| error.contains(part)) {
        Some((_, advice)) => format!("{error}: {advice}"),
        None => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::node::{Limits, Node};

    #[test]
    fn errors_say_what_to_write() {
        for (yaml, advice) in [
            ("a:\n\t- b", "indent with spaces"),
            ("a:b: c: d", "a blank after each colon"),
            ("a: {b: c ]", "close the map with `}`"),
            ("a: [b", "close the list with `]`"),
            ("a: \"b", "close the text"),
            ("a: \"\\q\"", "in single quotes"),
            ("a: *b", "`&name`"),
            ("a: @b", "in quotes"),
            ("{\"a\": \"b\" \"c\": d}", "by commas"),
        ] {
            let said = Node::parse(yaml, &Limits::default()).unwrap_err().to_string();
            assert!(said.contains(advice), "{yaml:?}: {said}");
        }
    }
}
