//! Checks the tables of `docs/sdk-matrix.md` about the Python package: the rows that it answers otherwise, and the items of `fh-client` that
//! have another form in Python.

use std::collections::BTreeSet;
use std::fs;

use crate::client_items::{items, words};
use crate::documents::{PYTHON, TYPESCRIPT, cells, quoted, section};
use crate::sources::{files, root};

/// Returns all words of the package's sources and stubs, without those of the names of `featurehub-sdk`.
fn words_of_python() -> BTreeSet<String> {
    let folder = root().join("bindings/python/python/fh_client");
    let sources = files(&folder, "py").into_iter().chain(files(&folder, "pyi"));
    let own = sources.filter(|path| !path.starts_with(folder.join("featurehub")));
    own.flat_map(|path| words(&fs::read_to_string(path).unwrap())).collect()
}

/// Returns the tables of the Python package.
fn python_section() -> String {
    let (_, after) = section("sdk-matrix.md", PYTHON);
    after.split(&format!("\n## {TYPESCRIPT}\n")).next().unwrap().to_string()
}

#[test]
fn python_answers_rows_of_the_matrix() {
    let python = words_of_python();
    let section = python_section();
    let mut last = 0;
    for row in cells(&section) {
        let [at, answer, place] = row.as_slice() else { continue };
        let Ok(at) = at.parse::<u32>() else { continue };
        assert!(at > last && at <= 68, "row {at} follows row {last}");
        last = at;
        assert!(answer == "Y" || answer == "N", "{row:?}");
        assert!(!place.is_empty(), "row {at} says neither where nor why not");
        assert!(at != 64 || answer == "Y", "clients start anew in forked processes");
        for name in quoted(place).filter(|name| !name.contains(' ')) {
            let missing = words(name).into_iter().find(|word| !python.contains(word));
            assert_eq!(missing, None, "row {at}: {name}");
        }
    }
    assert!(last >= 64, "the table ends at row {last}");
}

#[test]
fn each_item_of_the_client_has_a_form_in_python() {
    let (python, items) = (words_of_python(), items());
    assert!(items.len() > 400, "{}", items.len());
    let section = python_section();
    let mut listed = BTreeSet::new();
    for row in cells(&section) {
        let [named, form] = row.as_slice() else { continue };
        assert!(!form.is_empty(), "{named} has no form");
        listed.extend(quoted(named).filter(|name| *name != "fh-client").map(str::to_string));
        let builtins = ["ValueError", "OSError", "datetime"];
        for name in quoted(form).filter(|name| !builtins.contains(name)) {
            let missing = words(name).into_iter().find(|word| !python.contains(word));
            assert_eq!(missing, None, "{named}: {name}");
        }
    }
    for name in &listed {
        let path = name.trim_end_matches("::*");
        assert!(items.contains(path), "fh-client has no {path}");
    }
    // Reads with a default have the same form in the four types that have them.
    let reads = |path: &str| {
        let of_client = path.split_once("::").map(|(_, read)| format!("Client::{read}"));
        let types = ["Context", "Feature", "Snapshot"];
        types.iter().any(|name| path.starts_with(&format!("{name}::")))
            && of_client.is_some_and(|read| listed.contains(&read))
    };
    let is_listed = |path: &str| {
        let within = |name: &String| {
            let folder = name.strip_suffix("::*");
            folder.is_some_and(|folder| path == folder || path.starts_with(&format!("{folder}::")))
        };
        listed.contains(path) || listed.iter().any(within) || reads(path)
    };
    let has_name = |path: &str| python.contains(path.rsplit("::").next().unwrap());
    let missing: Vec<&String> =
        items.iter().filter(|path| !has_name(path) && !is_listed(path)).collect();
    assert!(missing.is_empty(), "neither in Python nor in the table: {missing:#?}");
}
