//! Checks that the tests and API items exist that the tables of `docs` name.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::{files, name, root};

/// Returns the paths and the texts of all Rust files.
fn workspace() -> Vec<(String, String)> {
    let files = files(&root(), "rs").into_iter();
    files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

/// Returns all tests: the parts of the file's path, and the function's name.
fn tests(sources: &[(String, String)]) -> Vec<(Vec<&str>, &str)> {
    let mut found = Vec::new();
    for (place, text) in sources {
        let parts: Vec<&str> = place.trim_end_matches(".rs").split('/').collect();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            // Some macros define a test per row, with its name and its kind.
            if let Some((name, rest)) = line.split_once('(')
                && place.contains("/tests/")
                && is_name(name)
                && (rest.contains("): ") || rest.ends_with(");"))
                && rest.starts_with(|c: char| c == '"' || c.is_ascii_uppercase())
            {
                found.push((parts.clone(), name));
            }
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            if let Some(function) = function {
                let name = function.split(['(', '<']).next().unwrap();
                if std::mem::take(&mut is_test) {
                    found.push((parts.clone(), name));
                }
            }
        }
    }
    found
}

/// Returns the paths and the texts of the files with tests in Python.
fn python_files() -> Vec<(String, String)> {
    let files = files(&root().join("bindings/python/tests"), "py").into_iter();
    files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

/// Returns all tests in Python, as [`tests`] does.
fn python_tests(sources: &[(String, String)]) -> Vec<(Vec<&str>, &str)> {
    let functions = sources.iter().flat_map(|(place, text)| {
        let parts: Vec<&str> = place.trim_end_matches(".py").split('/').collect();
        text.lines().filter_map(move |line| {
            let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("def ")?;
            Some((parts.clone(), name.split('(').next()?))
        })
    });
    functions.filter(|(_, name)| name.starts_with("test_")).collect()
}

/// Returns the texts in backticks.
pub(crate) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the cells of the rows of all tables, without the separator lines.
fn rows(document: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("docs").join(document)).unwrap();
    cells(&text)
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

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Returns true for the name of a test, of several tests (`module::*`), or of a module of tests.
fn is_named(tests: &[(Vec<&str>, &str)], name: &str) -> bool {
    let mut parts: Vec<&str> = name.split("::").filter(|part| *part != "tests").collect();
    let last = parts.pop().unwrap();
    let is_within = |place: &[&str]| parts.iter().all(|part| place.contains(part));
    tests.iter().any(|(place, test)| match last.strip_suffix('*') {
        Some(beginning) => is_within(place) && test.starts_with(beginning),
        None => is_within(place) && (*test == last || place.contains(&last)),
    })
}

#[test]
fn tests_that_tables_name_exist() {
    let sources = workspace();
    let mut tests = tests(&sources);
    assert!(tests.len() > 500, "{}", tests.len());
    let in_python = python_files();
    let of_python = python_tests(&in_python);
    assert!(of_python.len() > 100, "{}", of_python.len());
    tests.extend(of_python);
    let mut missing = BTreeSet::new();
    let document = "retry-rows.md";
    let mut count = 0;
    for row in rows(document) {
        for name in quoted(row.last().unwrap()) {
            let parts = name.split("::").map(|part| part.trim_end_matches('*'));
            let mut named = parts.filter(|part| !part.is_empty()).peekable();
            if named.peek().is_none() || !named.all(is_name) {
                continue;
            }
            count += 1;
            if !is_named(&tests, name) {
                missing.insert(format!("{document}: {name}"));
            }
        }
    }
    assert!(count > 50, "{document}: {count}");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Returns the words of a text that have the form of a scenario's id, such as `C-STREAM-009`.
fn scenario_ids(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| {
        let Some((group, number)) = word.rsplit_once('-') else { return false };
        let is_group = ["P", "F", "L"].contains(&group) || group.starts_with("C-");
        is_group && number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[test]
fn scenarios_that_tables_name_exist() {
    let read = |name: &str| fs::read_to_string(root().join("docs").join(name)).unwrap();
    let page = read("client-scenarios.md");
    let known: BTreeSet<&str> = scenario_ids(&page).collect();
    let text = read("retry-rows.md");
    let named: BTreeSet<&str> = scenario_ids(&text).collect();
    assert!(named.len() >= 10, "{named:?}");
    let missing: Vec<&&str> = named.difference(&known).collect();
    assert!(missing.is_empty(), "{missing:?}");
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
    for row in cells(&section("sdk-matrix.md", PYTHON).0) {
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
