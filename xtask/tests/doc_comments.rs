//! Checks that doc comments of shipped code state rules in words. Their readers see them in an editor or on a page, without
//! the list of decisions and the numbered sections of the specification. Other comments may cite them.

use std::fs;

use crate::citations::citations;
use crate::sources::{files, name, root};

/// The extensions of sources whose doc comments are read.
const KINDS: [&str; 9] = ["rs", "ts", "tsx", "js", "py", "pyi", "kt", "java", "swift"];

/// Folders and files that no package contains, by a part of their path.
const UNSHIPPED: [&str; 12] = [
    "bench",
    "benches",
    "conformance",
    "endurance",
    "equality",
    "fuzz",
    "mutants",
    "test",
    "tests",
    "Tests",
    "tests.rs",
    "xtask",
];

/// Returns the lines of the doc comments and docstrings of a source, each with its number.
pub(crate) fn doc_lines<'a>(kind: &str, source: &'a str) -> Vec<(usize, &'a str)> {
    let (open, close) = if kind.starts_with("py") { ("\"\"\"", "\"\"\"") } else { ("/**", "*/") };
    let (mut found, mut is_inside) = (Vec::new(), false);
    for (number, line) in source.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        let begins = !is_inside && line.contains(open);
        if is_inside || begins {
            let rest = line.split_once(open).filter(|_| begins).map_or(line, |(_, rest)| rest);
            let (text, ends) =
                rest.split_once(close).map_or((rest, false), |(text, _)| (text, true));
            found.push((number, text.trim_start_matches('*').trim()));
            is_inside = !ends;
        } else if let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) {
            found.push((number, text.trim()));
        }
    }
    found
}

/// Returns the private numbers of a text: decisions, sections, scenarios, and records of architecture. Sections of an RFC are public.
fn private_numbers(text: &str) -> Vec<String> {
    let mut found: Vec<String> =
        citations(text).into_iter().map(|(page, anchor)| format!("{page} {anchor}")).collect();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    for pair in words.windows(2) {
        let is_cited = pair[0] == "ADR" || (pair[0] == "section" && !text.contains("RFC"));
        found.extend((is_cited && is_number(pair[1])).then(|| pair.join(" ")));
    }
    let is_scenario = |word: &&&str| {
        let parts: Vec<&str> = word.split('-').collect();
        parts.len() == 3 && ["C", "S"].contains(&parts[0]) && is_number(parts[2])
    };
    found.extend(words.iter().filter(is_scenario).map(ToString::to_string));
    found
}

/// Returns the lines of doc comments with a private number, also of one whose page and number are on two lines.
fn lines_with_numbers(kind: &str, source: &str) -> Vec<(usize, Vec<String>)> {
    let lines = doc_lines(kind, source);
    let mut found = Vec::new();
    for (at, (number, line)) in lines.iter().enumerate() {
        let next =
            lines.get(at + 1).filter(|(next, _)| *next == number + 1).map_or("", |next| next.1);
        let mut numbers = private_numbers(&format!("{line} {next}"));
        let of_next = private_numbers(next);
        numbers.retain(|number| !of_next.contains(number));
        numbers.extend(private_numbers(line).into_iter().filter(|number| of_next.contains(number)));
        if !numbers.is_empty() {
            found.push((*number, numbers));
        }
    }
    found
}

#[test]
fn doc_comments_of_shipped_code_have_no_private_numbers() {
    let (mut count, mut report) = (0, String::new());
    for kind in KINDS {
        for path in files(&root(), kind) {
            let file = name(&path);
            if file.split('/').any(|part| UNSHIPPED.contains(&part)) {
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            count += doc_lines(kind, &source).len();
            for (line, numbers) in lines_with_numbers(kind, &source) {
                report.push_str(&format!("{file}:{line}: {}\n", numbers.join(", ")));
            }
        }
    }
    assert!(count > 10_000, "{count}");
    assert!(report.is_empty(), "say these rules in words:\n{report}");
}

#[test]
fn private_numbers_are_found() {
    for (kind, source, expected) in [
        ("rs", "/// A limit (D-74).\n// D-75\nfn a() {}\n//! evaluation 2.5\n", vec![1, 4]),
        ("rs", "/// A table (sdk-behaviour\n/// 2.9.2), and more.\n", vec![1]),
        (
            "rs",
            "/// RFC 6455, section 1.3\n/// [polling](sdk-behaviour.md#s-2-9) is a link.\n",
            vec![],
        ),
        (
            "ts",
            "/** One (ADR 0018). */\n/**\n * Two, C-POLL-3.\n */\nconst a = \"D-74\"; // D-75\n",
            vec![1, 3],
        ),
        (
            "py",
            "def a():\n    \"\"\"Reads. See section 3.2.\n\n    D-62.\"\"\"\n    return \"D-74\"  # D-75\n",
            vec![2, 4],
        ),
        ("kt", "/** One. */\nval a = 1 // D-74\n/** Two,\n  * featbit 4.1. */\n", vec![4]),
        ("swift", "/// One (D-74) and (D-74).\n/// Two (D-74).\n", vec![1, 2]),
    ] {
        let lines: Vec<usize> =
            lines_with_numbers(kind, source).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, expected, "{source}");
    }
}
