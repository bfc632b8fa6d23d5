//! Plain English in doc comments and help texts, as far as a program can check it.

use crate::doc_comments::doc_lines;
use crate::sources::{LIBRARIES, files, name, root, without_tests};

/// First words of a doc comment that name nothing.
const FIRST_WORDS: [&str; 12] = [
    "Who",
    "Whoever",
    "Whom",
    "Whose",
    "Nobody",
    "Nobody's",
    "Somebody",
    "Somebody's",
    "Everybody",
    "Those",
    "What",
    "Whatever",
];

/// Retired words: standard words that this project used in another sense, and words that it invented. Each is followed by
/// the standard word.
const RETIRED: [(&str, &str); 9] = [
    ("nobody", "no client, no caller"),
    ("somebody", "a client, a caller"),
    ("whoever", "the caller"),
    ("rung", "woken"),
    ("herald", "notifier"),
    ("put up", "published"),
    ("puts up", "publishes"),
    ("nobody's", "no client's"),
    ("somebody's", "a client's"),
];

/// A block of doc comments: the line where it begins, and its text.
struct Block {
    line: usize,
    text: String,
}

/// Returns the blocks of doc comments of a source, without their examples.
fn blocks(source: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut last, mut is_code) = (None, false);
    for (line, text) in doc_lines("rs", source) {
        if last != Some(line - 1) {
            blocks.push(Block { line, text: String::new() });
            is_code = false;
        }
        last = Some(line);
        if text.starts_with("```") {
            is_code = !is_code;
        } else if let Some(block) = blocks.last_mut().filter(|_| !is_code) {
            block.text.push_str(text);
            block.text.push(' ');
        }
    }
    blocks
}

/// Returns the text with each part in backticks replaced by `…`.
fn prose(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("…")
}

/// Returns what is wrong with the wording of a text.
fn mistakes(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut found = Vec::new();
    if prose.contains("? ") || prose.trim_end().ends_with('?') {
        found.push("a question".to_string());
    }
    let first = prose.split_whitespace().next().unwrap_or_default();
    if FIRST_WORDS.contains(&first) {
        found.push(format!("begins with \"{first}\""));
    }
    let lower = prose.to_lowercase();
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '\'');
    for (word, instead) in RETIRED {
        for (at, _) in lower.match_indices(word) {
            let before = lower.get(..at).and_then(|text| text.chars().next_back());
            let after = lower.get(at + word.len()..).and_then(|text| text.chars().next());
            if !is_letter(before) && !is_letter(after) {
                found.push(format!("\"{word}\": {instead}"));
            }
        }
    }
    found
}

#[test]
fn doc_comments_are_plain_english() {
    let mut findings = Vec::new();
    let mut count = 0;
    for library in LIBRARIES {
        for path in files(&root().join(library).join("src"), "rs") {
            let Some(source) = without_tests(&path) else { continue };
            for block in blocks(&source) {
                count += 1;
                for mistake in mistakes(&block.text) {
                    findings.push(format!("{}:{}: {mistake}", name(&path), block.line));
                }
            }
        }
    }
    assert!(count > 1000, "{count}");
    assert!(findings.is_empty(), "mend these texts:\n{}", findings.join("\n"));
}

#[test]
fn mistakes_are_found() {
    for (text, count) in [
        ("Returns the bucket of a key.", 0),
        ("Is it well?", 1),
        ("Who asks. ", 1),
        ("What nobody asks for, and somebody's keys", 3),
        ("The time is put up.", 1),
        ("Input up to a limit. `Who?`", 0),
    ] {
        assert_eq!(mistakes(text).len(), count, "{text}: {:?}", mistakes(text));
    }
    let source =
        "/// One\n/// two.\nfn a() {}\n    /// Three:\n    /// ```\n    /// x?\n    /// ```\n";
    let texts: Vec<String> = blocks(source).into_iter().map(|block| block.text).collect();
    assert_eq!(texts, ["One two. ", "Three: "]);
}
