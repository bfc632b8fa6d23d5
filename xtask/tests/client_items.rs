//! The public items of the Rust crate `fh-client`, for the tables of the bindings.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::root;

/// Returns the words of a text, as programs name things.
pub(crate) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty()).map(str::to_string).collect()
}

/// Returns the path at the beginning of a text.
fn path_of(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    text.get(..end.unwrap_or(text.len())).unwrap().trim_end_matches(':')
}

/// Returns the paths of the public items of `fh-client`, without the crate's name and without implementations of traits.
pub(crate) fn items() -> BTreeSet<String> {
    let list = fs::read_to_string(root().join("fh-client/api.txt")).unwrap();
    // The type of the implementation of a trait, whose members follow.
    let (mut found, mut implements) = (BTreeSet::new(), None);
    for line in list.lines() {
        let line = line.trim_start_matches("#[non_exhaustive] ");
        if line.starts_with("impl ") {
            let of = line.split(" where ").next().unwrap().split_once(" for ");
            implements = of.map(|(_, name)| format!("{}::", path_of(name)));
        }
        let Some((_, path)) = line.split_once("fh_client::").filter(|_| line.starts_with("pub "))
        else {
            continue;
        };
        // The text before the path of an item holds only words of the language.
        let before = line.split("fh_client::").next().unwrap();
        let path = path_of(path);
        let is_of_trait = implements
            .as_ref()
            .is_some_and(|name| format!("fh_client::{path}").starts_with(name.as_str()));
        if !is_of_trait && before.bytes().all(|byte| byte == b' ' || byte.is_ascii_lowercase()) {
            found.insert(path.to_string());
        }
    }
    found
}

/// The items that a table names: a path, or `path::*` for an item and all within it.
#[derive(Default)]
pub(crate) struct ListedItems(BTreeSet<String>);

impl ListedItems {
    /// Adds the items that a cell of the table names.
    pub(crate) fn add<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.0.extend(names.filter(|name| *name != "fh-client").map(str::to_string));
    }

    /// Fails if a name is no item of `fh-client`.
    pub(crate) fn check(&self, items: &BTreeSet<String>) {
        for name in &self.0 {
            let path = name.trim_end_matches("::*");
            assert!(items.contains(path), "fh-client has no {path}");
        }
    }

    /// Returns true if the table names the item, or an item around it.
    pub(crate) fn contains(&self, path: &str) -> bool {
        let is_within = |name: &String| {
            let folder = name.strip_suffix("::*");
            folder.is_some_and(|folder| path == folder || path.starts_with(&format!("{folder}::")))
        };
        self.0.contains(path) || self.0.iter().any(is_within) || self.has_read(path)
    }

    /// Returns true for a read of a type whose reads with a default have the same form as those of `Client`, which the table names.
    fn has_read(&self, path: &str) -> bool {
        let of_client = path.split_once("::").map(|(_, read)| format!("Client::{read}"));
        let types = ["Context", "Feature", "Snapshot"];
        types.iter().any(|name| path.starts_with(&format!("{name}::")))
            && of_client.is_some_and(|read| self.0.contains(&read))
    }
}
