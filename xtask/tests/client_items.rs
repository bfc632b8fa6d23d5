//! The public items of the Rust crate `fh-client`, for the tables of the bindings.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::root;

/// Returns the words of a text, as programs name things.
pub(crate) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty()).map(str::to_string).collect()
}

/// Returns the paths of the public items of `fh-client`, without the crate's name and without implementations of traits.
pub(crate) fn items() -> BTreeSet<String> {
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
