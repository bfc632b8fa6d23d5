//! Patterns with look-around beside the recorded answers of .NET, JavaScript and Java. Each difference has a class, and each class its number of
//! answers.
#![cfg(all(feature = "featbit", feature = "edge-profile"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "reads the recorded answers")]

use std::collections::BTreeMap;

use fh_eval::internal::text::pattern::{Extent, Pattern};
use serde_json::Value;

/// A language of the recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Language {
    DotNet,
    JavaScript,
    Java,
}
use Language::{DotNet, Java, JavaScript};

impl Language {
    /// Compiles a pattern to be searched for, and to match the whole text. The profiles have one of the two extents.
    fn compile(self, pattern: &str) -> [Option<Pattern>; 2] {
        let [search, whole] = match self {
            DotNet => [pattern.to_string(), format!(r"\A(?:{pattern})\z")],
            JavaScript => [pattern.to_string(), format!(r"\A(?:{pattern})\z")],
            Java => [format!(r"[\s\S]*(?:{pattern})[\s\S]*"), pattern.to_string()],
        };
        let extent = match self {
            DotNet => Extent::DotNet,
            JavaScript => Extent::Search,
            Java => Extent::Whole,
        };
        [search, whole].map(|pattern| Pattern::compile(&pattern, extent).ok())
    }

    /// Returns the class of a difference.
    fn class(
        self,
        pattern: &str,
        text: &str,
        recorded: &Value,
        ours: Option<bool>,
    ) -> &'static str {
        let breaks: &[char] = &['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
        let has_pair = |text: &str| text.chars().any(|c| c.len_utf16() == 2);
        let has_any = |parts: &[&str]| parts.iter().any(|part| pattern.contains(part));
        match (self, recorded, ours) {
            (_, Value::String(_), _) => "it gave up",
            (_, Value::Null, Some(_)) => "it refuses the pattern",
            (_, _, None) => "refused here",
            _ if has_pair(text) || has_pair(pattern) => "a pair of surrogates",
            (Java, ..) if has_any(&["$", "^", "."]) && text.contains(breaks) => "ends of lines",
            (Java, ..) if has_any(&[r"\b", r"\B"]) => "word boundaries",
            (Java, ..) if has_any(&["(?m)"]) && text.is_empty() => "(?m)^ in an empty text",
            (Java, ..) if has_any(&["(?<"]) => "it misreads a look-behind",
            _ => "other",
        }
    }
}

/// Returns the numbers of the answers of each class for the patterns of a file.
fn differences(file: &str, languages: &[Language]) -> BTreeMap<(Language, &'static str), usize> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/data/imported/look-around/");
    let file: Value =
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}{file}")).unwrap()).unwrap();
    let mut found = BTreeMap::new();
    for entry in file["patterns"].as_array().unwrap() {
        let pattern = entry["pattern"].as_str().unwrap();
        for language in languages {
            let compiled = language.compile(pattern);
            for row in entry["texts"].as_array().unwrap() {
                let text = row[0].as_str().unwrap();
                let recorded = [1 + 2 * *language as usize, 2 + 2 * *language as usize];
                for (pattern_of, recorded) in compiled.iter().zip(recorded.map(|at| &row[at])) {
                    let ours = pattern_of.as_ref().map(|pattern| pattern.is_match(text));
                    let class = match ours.map_or(Value::Null, |ours| u64::from(ours).into()) {
                        ours if ours == *recorded => "equal",
                        _ => language.class(pattern, text, recorded, ours),
                    };
                    if class == "other" {
                        println!(
                            "{language:?}, {pattern} on {text:?}: {recorded}, and {ours:?} here"
                        );
                    }
                    *found.entry((*language, class)).or_default() += 1;
                }
            }
        }
    }
    found
}

#[test]
fn patterns_that_people_write() {
    let expected = [
        ((DotNet, "a pair of surrogates"), 1),
        ((DotNet, "equal"), 19_205),
        ((DotNet, "refused here"), 16),
        ((JavaScript, "a pair of surrogates"), 1),
        ((JavaScript, "equal"), 19_185),
        ((JavaScript, "it refuses the pattern"), 28),
        ((JavaScript, "refused here"), 8),
        ((Java, "ends of lines"), 1),
        ((Java, "equal"), 16_708),
        ((Java, "it misreads a look-behind"), 27),
        ((Java, "it refuses the pattern"), 2_470),
        ((Java, "refused here"), 12),
        ((Java, "word boundaries"), 4),
    ];
    let found = differences("written.json", &[DotNet, JavaScript, Java]);
    assert_eq!(found, BTreeMap::from(expected));
}

/// JavaScript refuses most of these patterns, or reads them in another way.
#[test]
fn patterns_with_flags_line_ends_and_unicode() {
    let expected = [
        ((DotNet, "a pair of surrogates"), 81),
        ((DotNet, "equal"), 20_145),
        ((Java, "(?m)^ in an empty text"), 22),
        ((Java, "a pair of surrogates"), 74),
        ((Java, "ends of lines"), 179),
        ((Java, "equal"), 19_123),
        ((Java, "it misreads a look-behind"), 17),
        ((Java, "it refuses the pattern"), 738),
        ((Java, "word boundaries"), 73),
    ];
    assert_eq!(differences("wide.json", &[DotNet, Java]), BTreeMap::from(expected));
}

/// A result beyond a limit is unknown. It is never negated, by a look-around or by an operator.
#[test]
fn a_search_beyond_the_limit_has_no_result() {
    for (pattern, is_limited) in [
        ("^(?!.*x)", true),
        ("^(?!.*x).*$", true),
        ("(?<!not )admin", true),
        (r"^(?!a+\Z)", true),
        ("^(?!10.)(?=a?)", true),
        (r"^(?!10\.)", false),
        ("^(?!a|b)(?=c)c", false),
    ] {
        let compiled = Pattern::compile(pattern, Extent::Search).unwrap();
        let longest = 500_000 / compiled.nodes();
        assert_eq!(compiled.longest_text(), is_limited.then_some(longest), "{pattern}");
        assert!(compiled.search(&"c".repeat(longest)).is_some(), "{pattern}");
        let beyond = compiled.search(&"c".repeat(longest + 1));
        assert_eq!(beyond.is_none(), is_limited, "{pattern}");
    }
    // In FeatBit's language, parts with tables have no limit, and other ones a higher limit.
    for (pattern, longest) in [("^(?!.*x).*$", None), ("(?<!not )admin", Some(2_000_000))] {
        let compiled = Pattern::compile(pattern, Extent::DotNet).unwrap();
        let longest = longest.map(|work: usize| work / compiled.nodes());
        assert_eq!(compiled.longest_text(), longest, "{pattern}");
        let beyond = compiled.search(&"c".repeat(longest.unwrap_or(1 << 20) + 1));
        assert_eq!(beyond, longest.is_none().then_some(true), "{pattern}");
    }
}
