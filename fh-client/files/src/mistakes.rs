//! Advice for the errors of the YAML parser.

/// Parts of the parser's errors, with what to write instead. The first part that an error contains counts.
const ADVICE: [(&str, &str); 15] = [
    ("tab", "indent with spaces"),
    ("mapping values are not allowed", "put a text with `: ` in quotes, or indent this line as the members around it"),
    ("expected '-' indicator", "begin each entry with `- ` in the column of the first one"),
    ("block sequence entries", "begin each entry with `- ` on a line of its own, below the name of the list"),
    ("simple key expect", "write `name: value`, with a blank after the colon"),
    ("did not find expected key", "indent this line as the members around it, and write `name: value`"),
    ("flow mapping", "separate members by commas, and close the map with `}`"),
    ("flow sequence", "separate entries by commas, and close the list with `]`"),
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
