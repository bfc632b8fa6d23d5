//! Checks that the API items exist that the tables of `docs` name.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::{files, name, root};

/// Returns the paths and the texts of all Rust files.
fn workspace() -> Vec<(String, String)> {
    let files = files(&root(), "rs").into_iter();
    files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

/// Returns the texts in backticks.
pub(crate) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the texts of a page before and after this heading.
pub(crate) fn section(document: &str, heading: &str) -> (String, String) {
    let text = fs::read_to_string(root().join("docs").join(document)).unwrap();
    let (before, after) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    (before.to_string(), after.to_string())
}

pub(crate) fn cells(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|--"));
    lines
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_string()).collect()
        })
        .collect()
}

/// A row of the first table about a binding: its number, whether the binding has the capability, and where, or why not.
pub(crate) struct MatrixRow {
    pub(crate) number: u32,
    pub(crate) is_there: bool,
    pub(crate) place: String,
}

/// Returns the rows of the first table about a binding. Fails unless they are in order, and complete up to this number.
pub(crate) fn matrix_rows(section: &str, least: u32) -> Vec<MatrixRow> {
    let mut rows: Vec<MatrixRow> = Vec::new();
    for row in cells(section) {
        let [number, answer, place] = row.as_slice() else { continue };
        let Ok(number) = number.parse::<u32>() else { continue };
        let last = rows.last().map_or(0, |row| row.number);
        assert!(number > last && number <= 68, "row {number} follows row {last}");
        assert!(answer == "Y" || answer == "N", "{row:?}");
        assert!(!place.is_empty(), "row {number} says neither where nor why not");
        rows.push(MatrixRow { number, is_there: answer == "Y", place: place.clone() });
    }
    let last = rows.last().map_or(0, |row| row.number);
    assert!(last >= least, "the table ends at row {last}");
    rows
}

/// The heading above the tables of the Python package.
pub(crate) const PYTHON: &str = "The client in Python";
/// The heading above the tables of the TypeScript packages.
pub(crate) const TYPESCRIPT: &str = "The client in TypeScript";
/// The heading above the tables of the Kotlin package.
pub(crate) const KOTLIN: &str = "The client in Kotlin and Java";
/// The heading above the tables of the Swift package.
pub(crate) const SWIFT: &str = "The client in Swift";

#[test]
fn the_matrix_is_whole_and_names_what_exists() {
    let sources = workspace();
    let words: BTreeSet<&str> = sources
        .iter()
        .filter(|(place, _)| place.contains("/src/"))
        .flat_map(|(_, text)| text.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect();
    let mut number = 0;
    for row in cells(&section("reference/sdk-matrix.md", PYTHON).0) {
        let [at, _, answer, place] = row.as_slice() else { panic!("{row:?}") };
        let Ok(at) = at.parse::<u32>() else { continue };
        number += 1;
        assert_eq!(at, number);
        assert!(answer == "Y" || answer == "N", "{row:?}");
        assert!(!place.is_empty(), "row {at} says neither where nor why not");
        for name in quoted(place) {
            let name = name.split(['(', '<']).next().unwrap();
            let is_path =
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:.".contains(&byte));
            let mut parts = name.split(['.', ':']).filter(|part| !part.is_empty());
            assert!(!is_path || parts.all(|part| words.contains(part)), "row {at}: {name}");
        }
    }
    assert_eq!(number, 68);
}
