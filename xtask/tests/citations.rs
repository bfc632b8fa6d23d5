//! Checks that each citation of the specification names an anchor of `docs/spec`.
//!
//! A decision is cited as `D-74`, a section as `evaluation 2.5` or, in ids, as `SPEC-EVAL-2.5`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::sources::{files, name, root};

/// The pages with numbered sections, and the prefix of ids that cite them.
const PAGES: [(&str, &str); 6] = [
    ("evaluation", "SPEC-EVAL-"),
    ("edge-protocol", "SPEC-EDGE-"),
    ("sdk-behaviour", "SPEC-SDK-"),
    ("conformance", "SPEC-CONF-"),
    ("featbit", "SPEC-FEATBIT-"),
    ("featuresignals", "SPEC-FEATURESIGNALS-"),
];

/// A citation: a page of the specification and an anchor in it.
type Citation = (&'static str, String);

/// Returns the anchors of a page that are written as `<a id="…"></a>`.
fn anchors(page: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(format!("docs/spec/{page}.md"))).unwrap();
    let ids = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    ids.map(str::to_string).collect()
}

/// Returns a number such as `2.5.1` at the beginning of a text, and what follows it.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, _) = text.split_at(end);
    // A full stop ends a sentence.
    let number = number.trim_end_matches('.');
    let (_, rest) = text.split_at(number.len());
    let is_number = number.starts_with(|c: char| c.is_ascii_digit()) && !number.contains("..");
    is_number.then_some((number, rest))
}

fn section(number: &str) -> String {
    format!("s-{}", number.replace('.', "-"))
}

/// Returns true if a word that begins here is not the end of a longer one.
fn begins_a_word(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    before.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_' && c != '/')
}

/// Returns the citations of a text.
pub(crate) fn citations(text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("D-") {
        let digits = text.get(at + 2..).unwrap_or_default();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if begins_a_word(text, at) && (2..=3).contains(&end) {
            found.push(("decisions", format!("d-{}", digits.get(..end).unwrap())));
        }
    }
    for (page, prefix) in PAGES {
        for (at, _) in text.match_indices(page).filter(|(at, _)| begins_a_word(text, *at)) {
            let Some(mut rest) =
                text.get(at + page.len()..).and_then(|rest| rest.strip_prefix(' '))
            else {
                continue;
            };
            while let Some((number, after)) = number(rest) {
                found.push((page, section(number)));
                // "evaluation 2.5, 2.6 and 3.1" cites three sections; "evaluation 2.5, 3 times" cites one.
                let next = after.strip_prefix(", ").or_else(|| after.strip_prefix(" and "));
                let Some(next) = next.filter(|next| {
                    self::number(next).is_some_and(|(number, _)| number.contains('.'))
                }) else {
                    break;
                };
                rest = next;
            }
        }
        for (at, _) in text.match_indices(prefix) {
            if let Some((number, _)) = text.get(at + prefix.len()..).and_then(number) {
                found.push((page, section(number)));
            }
        }
    }
    found
}

/// Returns the files that may cite: sources, data, settings and pages. Generated lock files of other tools name versions, not rules.
fn citing_files() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["rs", "md", "json", "yaml", "toml", "js"]
        .into_iter()
        .flat_map(|kind| files(&root(), kind))
        .collect();
    found.retain(|path| !path.ends_with("package-lock.json") && !path.ends_with("deny.toml"));
    found.retain(|path| !name(path).starts_with("xtask/tests/"));
    found
}

/// Returns the numbers in parentheses of a comment, which name no page.
fn bare_numbers(line: &str) -> Vec<&str> {
    let Some((_, comment)) = line.split_once("//") else { return Vec::new() };
    let insides = comment.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    let is_bare = |text: &&str| {
        text.contains('.')
            && number(text).is_some_and(|(number, rest)| rest.is_empty() && number.contains('.'))
    };
    insides.filter(is_bare).collect()
}

#[test]
fn citations_name_anchors_of_the_specification() {
    let pages: Vec<(&str, BTreeSet<String>)> = PAGES
        .iter()
        .map(|(page, _)| *page)
        .chain(["decisions"])
        .map(|page| (page, anchors(page)))
        .collect();
    let (mut count, mut report) = (0, String::new());
    for path in citing_files() {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            for (page, anchor) in citations(line) {
                count += 1;
                let (_, anchors) = pages.iter().find(|(name, _)| *name == page).unwrap();
                if !anchors.contains(&anchor) {
                    let place = format!("{}:{}", name(&path), number + 1);
                    report.push_str(&format!(
                        "{place}: docs/spec/{page}.md has no anchor {anchor}\n"
                    ));
                }
            }
        }
    }
    assert!(count > 800, "{count}");
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn citations_name_their_page() {
    for path in files(&root(), "rs") {
        if name(&path).starts_with("xtask/tests/") {
            continue;
        }
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let bare = if line.contains("assert") { Vec::new() } else { bare_numbers(line) };
            let place = format!("{}:{}", name(&path), number + 1);
            assert!(bare.is_empty(), "{place}: {bare:?}: name the page, as in \"evaluation 3.4\"");
        }
    }
}

#[test]
fn citations_are_found() {
    for (text, expected) in [
        ("as D-74 says (D-121).", vec!["d-74", "d-121"]),
        ("MD-74, D-3, D-, AND-12", vec![]),
        ("evaluation 2.5, 2.6 and 3.1.", vec!["s-2-5", "s-2-6", "s-3-1"]),
        ("evaluation 2.5, 3 times", vec!["s-2-5"]),
        ("re-evaluation 2.5, evaluation of 2", vec![]),
        ("[\"SPEC-EVAL-2.5\"] (edge-protocol 5.3)", vec!["s-5-3", "s-2-5"]),
        ("featbit 4.1, imported/featbit 2", vec!["s-4-1"]),
        ("(featuresignals 4.5) featuresignals-live 2", vec!["s-4-5"]),
    ] {
        let mut found: Vec<String> =
            citations(text).into_iter().map(|(_, anchor)| anchor).collect();
        let mut expected: Vec<String> = expected.into_iter().map(str::to_string).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(bare_numbers("/// DATE (3.4) and (evaluation 3.5) f(2.5)"), ["3.4", "2.5"]);
    assert!(bare_numbers("let x = f(2.5);").is_empty());
}
