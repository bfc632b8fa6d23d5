//! Checks the tables of `docs/reference/sdk-matrix.md` about the Python package: the rows that it answers otherwise, and the items of `fh-client` that
//! have another form in Python.

use std::collections::BTreeSet;
use std::fs;

use crate::binding_names::BindingNames;
use crate::client_items::words;
use crate::documents::{PYTHON, TYPESCRIPT, matrix_rows, section};
use crate::sources::{files, root};

/// Returns all words of the package's sources and stubs, without those of the names of `featurehub-sdk`.
fn words_of_python() -> BTreeSet<String> {
    let folder = root().join("bindings/python/python/fh_client");
    let sources = files(&folder, "py").into_iter().chain(files(&folder, "pyi"));
    let own = sources.filter(|path| !path.starts_with(folder.join("featurehub")));
    own.flat_map(|path| words(&fs::read_to_string(path).unwrap())).collect()
}

/// Returns the names of the package, and the tables about it.
fn python() -> (BindingNames, String) {
    let (_, after) = section("reference/sdk-matrix.md", PYTHON);
    let own = after.split(&format!("\n## {TYPESCRIPT}\n")).next().unwrap().to_string();
    let of_the_language = &["OSError", "Python", "SDK", "VERSION", "ValueError", "X", "datetime"];
    (BindingNames { names: words_of_python(), of_the_language, spellings: &[] }, own)
}

#[test]
fn python_answers_rows_of_the_matrix() {
    let (python, section) = python();
    python.check_rows(&section, 64);
    let forks = matrix_rows(&section, 64).into_iter().find(|row| row.number == 64);
    assert!(forks.is_some_and(|row| row.is_there), "clients start anew in forked processes");
}

#[test]
fn each_item_of_the_client_has_a_form_in_python() {
    let (python, section) = python();
    python.check_items(&section);
}
