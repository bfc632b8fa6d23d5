//! Checks the tables of `docs/sdk-matrix.md` about the TypeScript packages: the rows that they answer otherwise, and the items of the Rust
//! crate `fh-client` that have another form in TypeScript.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::client_items::{ListedItems, items, words};
use crate::documents::{KOTLIN, TYPESCRIPT, cells, matrix_rows, quoted, section};
use crate::sources::{files, root};
use crate::typescript_tokens::{Token, tokens};
use crate::typescript_types::Sources;

/// Names of the language, and text of the table that is no name.
const OF_THE_LANGUAGE: [&str; 9] =
    ["TypeError", "Date", "WeakRef", "using", "undefined", "X", "SDK", "JavaScript", "VERSION"];

/// Returns all words of the packages' sources and of the texts in them, without those of comments.
fn words_of_typescript() -> BTreeSet<String> {
    let packages = ["client", "react", "openfeature"].into_iter();
    let folders = packages.map(|name| root().join("bindings/web/packages").join(name).join("src"));
    let sources = folders.flat_map(|folder| {
        let (ts, tsx) = (files(&folder, "ts"), files(&folder, "tsx"));
        ts.into_iter().chain(tsx)
    });
    let words_of = |token: Token| match token {
        Token::Word(word) => words(word),
        Token::Text(text) => words(text),
        Token::Mark(_) | Token::Internal => Vec::new(),
    };
    let read = sources.map(|path| fs::read_to_string(path).unwrap());
    read.flat_map(|text| tokens(&text).into_iter().flat_map(words_of).collect::<Vec<_>>()).collect()
}

/// Returns a name of Rust as TypeScript writes it: `offer_features` is `offerFeatures`.
pub(crate) fn in_camel_case(name: &str) -> String {
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

/// Returns the tables of the TypeScript packages.
fn typescript_section() -> String {
    let (_, after) = section("sdk-matrix.md", TYPESCRIPT);
    after.split(&format!("\n## {KOTLIN}\n")).next().unwrap().to_string()
}

#[test]
fn typescript_answers_rows_of_the_matrix() {
    let known = words_of_typescript();
    for row in matrix_rows(&typescript_section(), 68) {
        check_names(&row.place, &format!("row {}", row.number), &known);
    }
}

/// The types of Rust whose members belong to other types in TypeScript.
const OTHER_TYPES: [(&str, &[&str]); 1] =
    [("ClientBuilder", &["ClientOptions", "NodeClientOptions"])];

/// The names that programs import from `fh-client`, apart from those of the published SDKs.
struct Exported {
    entries: Vec<PathBuf>,
    sources: Sources,
}

impl Exported {
    fn new() -> Self {
        let folder = root().join("bindings/web/packages/client/src");
        let entries = ["index.ts", "node/index.ts", "testing/index.ts"];
        Self {
            entries: entries.map(|entry| folder.join(entry)).to_vec(),
            sources: Sources::default(),
        }
    }

    /// Returns the members of the type, of all entries; `None` if TypeScript has no such class or interface.
    fn members(&mut self, of: &str) -> Option<BTreeSet<String>> {
        let other = OTHER_TYPES.iter().find(|(name, _)| *name == of);
        let names = other.map_or(vec![of], |(_, names)| names.to_vec());
        let (entries, sources) = (&self.entries, &mut self.sources);
        let read = entries.iter().flat_map(|entry| names.iter().map(move |name| (entry, *name)));
        let found: Vec<_> = read.filter_map(|(entry, name)| sources.members(entry, name)).collect();
        (!found.is_empty()).then(|| found.into_iter().flatten().collect())
    }

    /// Returns true if TypeScript exports the item under its name, or if the item's type has a member with its name.
    fn has(&mut self, path: &str) -> bool {
        // A module of Rust is no part of a name in TypeScript.
        let parts = path.split("::").skip_while(|part| part.starts_with(char::is_lowercase));
        let parts: Vec<&str> = match parts.collect::<Vec<_>>() {
            parts if parts.is_empty() => path.rsplit("::").take(1).collect(),
            parts => parts,
        };
        let has_name = |names: &BTreeSet<String>, name: &str| {
            names.contains(name) || names.contains(&in_camel_case(name))
        };
        match parts.as_slice() {
            [name] => [(*name).to_string(), in_camel_case(name)]
                .iter()
                .any(|name| self.entries.iter().any(|entry| self.sources.exports(entry, name))),
            [of, name] => self.members(of).is_some_and(|members| has_name(&members, name)),
            _ => false,
        }
    }
}

#[test]
fn each_item_of_the_client_has_a_form_in_typescript() {
    let with_layer = words_of_typescript();
    let mut exported = Exported::new();
    let items = items();
    let section = typescript_section();
    let mut listed = ListedItems::default();
    for row in cells(&section) {
        let [named, form] = row.as_slice() else { continue };
        assert!(!form.is_empty(), "{named} has no form");
        for name in quoted(named).filter_map(|name| name.strip_suffix("::*")) {
            // The row would hide members that Rust's type gets later.
            assert!(exported.members(name).is_none(), "{name}::*: name the members one by one");
        }
        listed.add(quoted(named));
        check_names(form, named, &with_layer);
    }
    listed.check(&items);
    let missing: Vec<&String> =
        items.iter().filter(|path| !listed.contains(path) && !exported.has(path)).collect();
    assert!(missing.is_empty(), "neither in TypeScript nor in the table: {missing:#?}");
}

#[test]
fn members_are_those_of_the_named_type() {
    let mut exported = Exported::new();
    for path in [
        "Client::offer_features",
        "Client::from_environment",
        "Context::is_enabled",
        "Snapshot::peek",
    ] {
        assert!(exported.has(path), "{path}");
    }
    // Words of the sources, but no members of these types.
    for path in [
        "Feature::detail_as",
        "Context::close",
        "Snapshot::refresh",
        "Client::driver",
        "NotReady::timed_out",
    ] {
        assert!(!exported.has(path), "{path}");
    }
    assert!(exported.has("overrides::environment_overrides") && !exported.has("driver"));
}
