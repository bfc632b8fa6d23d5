//! Checks the tables of `docs/sdk-matrix.md` about the Kotlin package: the rows that it answers otherwise, and the items of `fh-client` that
//! have another form in Kotlin.

use std::collections::BTreeSet;
use std::fs;

use crate::client_items::{ListedItems, items, words};
use crate::documents::{KOTLIN, cells, matrix_rows, quoted, section};
use crate::sources::{files, root};
use crate::typescript_matrix::in_camel_case;

/// The words in front of the name of a public declaration.
const DECLARATIONS: [&str; 8] =
    ["class", "object", "interface", "fun", "val", "var", "const", "enum"];

/// Names of the languages, and texts of the table that are no names of the package.
const OF_THE_LANGUAGES: [&str; 7] =
    ["IllegalArgumentException", "WeakReference", "X", "SDK", "Kotlin", "VERSION", "X-SDK"];

/// Returns the names that programs can write: public declarations, the members of constructors, and the constants of enumerations.
fn public_names() -> BTreeSet<String> {
    let sources = files(&root().join("bindings/kotlin"), "kt").into_iter().filter(|path| {
        let path = path.to_string_lossy();
        path.contains("/src/main/kotlin/fh/client/")
            && !path.contains("/internal/")
            && !path.contains("/conformance/")
    });
    let mut names = BTreeSet::new();
    for path in sources {
        for line in fs::read_to_string(path).unwrap().lines() {
            let is_constant = line
                .trim()
                .trim_end_matches(',')
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            let line = line.trim_start();
            let declared = line.strip_prefix("public ").or(line.strip_prefix("override "));
            let declared = declared.unwrap_or_default();
            let mut words = words(declared).into_iter();
            if is_constant || line.starts_with("OFF(") {
                names.extend(crate::client_items::words(line));
            } else if words.any(|word| DECLARATIONS.contains(&word.as_str())) {
                names.extend(words);
            }
        }
    }
    names
}

/// Returns the tables of the Kotlin package.
fn kotlin_section() -> String {
    section("sdk-matrix.md", KOTLIN).1
}

fn check_names(row: &str, place: &str, known: &BTreeSet<String>) {
    let is_known = |word: &String| {
        known.contains(word)
            || OF_THE_LANGUAGES.contains(&word.as_str())
            || word.bytes().all(|byte| byte.is_ascii_digit())
    };
    for name in quoted(place).filter(|name| !name.starts_with("fh-") && !name.contains('.')) {
        let missing: Vec<String> = words(name).into_iter().filter(|word| !is_known(word)).collect();
        assert!(missing.is_empty(), "{row}: {name}: {missing:?}");
    }
}

#[test]
fn kotlin_answers_rows_of_the_matrix() {
    let known = public_names();
    for row in matrix_rows(&kotlin_section(), 68) {
        check_names(&format!("row {}", row.number), &row.place, &known);
    }
}

#[test]
fn each_item_of_the_client_has_a_form_in_kotlin() {
    let (known, items) = (public_names(), items());
    let mut listed = ListedItems::default();
    for row in cells(&kotlin_section()) {
        let [named, form] = row.as_slice() else { continue };
        assert!(!form.is_empty(), "{named} has no form");
        listed.add(quoted(named));
        check_names(named, form, &known);
    }
    listed.check(&items);
    let has_name = |path: &str| {
        let name = path.rsplit("::").next().unwrap();
        known.contains(name)
            || known.contains(&in_camel_case(name))
            || known.contains(&in_capitals(name))
    };
    let missing: Vec<&String> =
        items.iter().filter(|path| !has_name(path) && !listed.contains(path)).collect();
    assert!(missing.is_empty(), "neither in Kotlin nor in the table: {missing:#?}");
}

/// Returns the name of a variant as Kotlin writes a constant: `NotReady` is `NOT_READY`.
fn in_capitals(name: &str) -> String {
    let mut capitals = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !capitals.is_empty() {
            capitals.push('_');
        }
        capitals.push(c.to_ascii_uppercase());
    }
    capitals
}
