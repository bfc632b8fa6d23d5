//! Checks the tables of `docs/sdk-matrix.md` about the Python package: the rows that it answers otherwise, and the items of `fh-client` that
//! have another form in Python.

use std::collections::BTreeSet;
use std::fs;

use crate::client_items::{ListedItems, items, words};
use crate::documents::{MatrixRow, PYTHON, TYPESCRIPT, cells, matrix_rows, quoted, section};
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
    for MatrixRow { number, is_there, place } in matrix_rows(&python_section(), 64) {
        assert!(number != 64 || is_there, "clients start anew in forked processes");
        for name in quoted(&place).filter(|name| !name.contains(' ')) {
            let missing = words(name).into_iter().find(|word| !python.contains(word));
            assert_eq!(missing, None, "row {number}: {name}");
        }
    }
}

#[test]
fn each_item_of_the_client_has_a_form_in_python() {
    let (python, items) = (words_of_python(), items());
    assert!(items.len() > 400, "{}", items.len());
    let section = python_section();
    let mut listed = ListedItems::default();
    for row in cells(&section) {
        let [named, form] = row.as_slice() else { continue };
        assert!(!form.is_empty(), "{named} has no form");
        listed.add(quoted(named));
        let builtins = ["ValueError", "OSError", "datetime"];
        for name in quoted(form).filter(|name| !builtins.contains(name)) {
            let missing = words(name).into_iter().find(|word| !python.contains(word));
            assert_eq!(missing, None, "{named}: {name}");
        }
    }
    listed.check(&items);
    let has_name = |path: &str| python.contains(path.rsplit("::").next().unwrap());
    let missing: Vec<&String> =
        items.iter().filter(|path| !has_name(path) && !listed.contains(path)).collect();
    assert!(missing.is_empty(), "neither in Python nor in the table: {missing:#?}");
}
