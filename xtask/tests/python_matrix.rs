//! Checks the tables of `docs/sdk-matrix.md` about the Python package: the rows that it answers otherwise, and the items of `fh-client` that
//! have another form in Python.

use std::collections::BTreeSet;
use std::fs;

use crate::documents::{PYTHON, cells, quoted, section};
use crate::sources::{files, root};

/// Returns all words of the package's sources and stubs, without those of the names of `featurehub-sdk`.
fn words_of_python() -> BTreeSet<String> {
    let folder = root().join("bindings/python/python/fh_client");
    let sources = files(&folder, "py").into_iter().chain(files(&folder, "pyi"));
    let own = sources.filter(|path| !path.starts_with(folder.join("featurehub")));
    own.flat_map(|path| words(&fs::read_to_string(path).unwrap())).collect()
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty()).map(str::to_string).collect()
}

/// Returns the paths of the public items of `fh-client`, without the crate's name and without implementations of traits.
fn items() -> BTreeSet<String> {
    let list = fs::read_to_string(root().join("fh-client/api.txt")).unwrap();
    let (mut found, mut is_trait) = (BTreeSet::new(), false);
    for line in list.lines() {
        let line = line.trim_start_matches("#[non_exhaustive] ");
        if line.starts_with("impl ") {
            is_trait = line.split(" where ").next().unwrap().contains(" for ");
        }
        let kinds = ["pub mod", "pub use", "pub struct", "pub enum", "pub trait"];
        is_trait &= !kinds.iter().any(|kind| line.starts_with(kind));
        let Some((_, path)) = line.split_once("fh_client::").filter(|_| line.starts_with("pub "))
        else {
            continue;
        };
        // The text before the path of an item holds only words of the language.
        let before = line.split("fh_client::").next().unwrap();
        if !is_trait && before.bytes().all(|byte| byte == b' ' || byte.is_ascii_lowercase()) {
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            let path = path.get(..end.unwrap_or(path.len())).unwrap().trim_end_matches(':');
            found.insert(path.to_string());
        }
    }
    found
}

#[test]
fn python_answers_rows_of_the_matrix() {
    let python = words_of_python();
    let (_, section) = section("sdk-matrix.md", PYTHON);
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
    let (_, section) = section("sdk-matrix.md", PYTHON);
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
