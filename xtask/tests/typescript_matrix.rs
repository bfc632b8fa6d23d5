//! Checks the tables of `docs/sdk-matrix.md` about the TypeScript packages: the rows that they answer otherwise, and the items of the Rust
//! crate `fh-client` that have another form in TypeScript.

use std::collections::BTreeSet;
use std::fs;

use crate::client_items::{ListedItems, items, words};
use crate::documents::{TYPESCRIPT, cells, quoted, section};
use crate::sources::{files, root};

/// Names of the language, and text of the table that is no name.
const OF_THE_LANGUAGE: [&str; 8] =
    ["TypeError", "Date", "WeakRef", "using", "undefined", "X", "JavaScript", "VERSION"];

/// Returns all words of the packages' sources. Without `with_layer`, the names of the published SDKs are left out.
fn words_of_typescript(with_layer: bool) -> BTreeSet<String> {
    let packages = ["client", "react", "openfeature"].into_iter();
    let folders = packages.map(|name| root().join("bindings/web/packages").join(name).join("src"));
    let layer = root().join("bindings/web/packages/client/src/featurehub");
    let sources = folders.flat_map(|folder| {
        let (ts, tsx) = (files(&folder, "ts"), files(&folder, "tsx"));
        ts.into_iter().chain(tsx)
    });
    let chosen = sources.filter(|path| with_layer || !path.starts_with(&layer));
    chosen.flat_map(|path| words(&fs::read_to_string(path).unwrap())).collect()
}

/// Returns a name of Rust as TypeScript writes it: `offer_features` is `offerFeatures`.
fn in_camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| {
        let (head, tail) = part.split_at(part.len().min(1));
        text + &head.to_ascii_uppercase() + tail
    })
}

/// Fails if a name in backticks is no name of the packages.
fn check_names(place: &str, row: &str, known: &BTreeSet<String>) {
    for name in quoted(place).filter(|name| !name.starts_with("fh-")) {
        let is_unknown =
            |word: &String| !known.contains(word) && !OF_THE_LANGUAGE.contains(&word.as_str());
        let in_calls = name.split('"').step_by(2).flat_map(words);
        let missing: Vec<String> = in_calls.filter(is_unknown).collect();
        assert!(missing.is_empty(), "{row}: {name}: {missing:?}");
    }
}

#[test]
fn typescript_answers_rows_of_the_matrix() {
    let known = words_of_typescript(true);
    let (_, section) = section("sdk-matrix.md", TYPESCRIPT);
    let mut last = 0;
    for row in cells(&section) {
        let [at, answer, place] = row.as_slice() else { continue };
        let Ok(at) = at.parse::<u32>() else { continue };
        assert!(at > last && at <= 68, "row {at} follows row {last}");
        last = at;
        assert!(answer == "Y" || answer == "N", "{row:?}");
        assert!(!place.is_empty(), "row {at} says neither where nor why not");
        check_names(place, &format!("row {at}"), &known);
    }
    assert!(last >= 68, "the table ends at row {last}");
}

#[test]
fn each_item_of_the_client_has_a_form_in_typescript() {
    let (known, with_layer) = (words_of_typescript(false), words_of_typescript(true));
    let items = items();
    let (_, section) = section("sdk-matrix.md", TYPESCRIPT);
    let mut listed = ListedItems::default();
    for row in cells(&section) {
        let [named, form] = row.as_slice() else { continue };
        assert!(!form.is_empty(), "{named} has no form");
        listed.add(quoted(named));
        check_names(form, named, &with_layer);
    }
    listed.check(&items);
    let has_name = |path: &str| {
        let name = path.rsplit("::").next().unwrap();
        known.contains(name) || known.contains(&in_camel_case(name))
    };
    let missing: Vec<&String> =
        items.iter().filter(|path| !has_name(path) && !listed.contains(path)).collect();
    assert!(missing.is_empty(), "neither in TypeScript nor in the table: {missing:#?}");
}
