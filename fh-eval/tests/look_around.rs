//! Patterns with look-around beside the recorded answers of .NET, JavaScript and Java. Each difference has a class, and each class its number of
//! answers.
#![cfg(all(feature = "featbit", feature = "edge-profile"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

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
        let ends_line = text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        match (self, recorded, ours) {
            (_, Value::String(_), _) => "it gave up",
            (_, Value::Null, Some(_)) => "it refuses the pattern",
            (_, _, None) => "refused here",
            _ if text.chars().any(|c| c.len_utf16() == 2) => "a pair of surrogates",
            (Java, ..) if pattern.contains('$') && ends_line => "$ before a final line break",
            (Java, ..) if pattern.contains("(?<") => "Java misreads a look-behind",
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
                    let class = if ours.map(u64::from) == recorded.as_u64()
                        && recorded.is_u64() == ours.is_some()
                        && !recorded.is_string()
                    {
                        "equal"
                    } else {
                        language.class(pattern, text, recorded, ours)
                    };
                    if class == "other" || std::env::var("CLASS").is_ok_and(|c| c == class) {
                        println!(
                            "{language:?} {class} {pattern} on {text:?}: {recorded}, and {ours:?} here"
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
    let expected = BTreeMap::from([((DotNet, "equal"), 0)]);
    assert_eq!(differences("written.json", &[DotNet, JavaScript, Java]), expected);
}

#[test]
fn patterns_with_flags_line_ends_and_unicode() {
    let expected = BTreeMap::from([((DotNet, "equal"), 0)]);
    assert_eq!(differences("wide.json", &[DotNet, Java]), expected);
}
