//! The check that tables of `docs/reference/sdk-matrix.md` name what a binding has, and that they name each item of `fh-client` that it has not.

use std::collections::BTreeSet;

use crate::client_items::{ListedItems, items, words};
use crate::documents::{cells, matrix_rows, quoted};

/// The names of a binding.
pub(crate) struct BindingNames {
    /// The names that programs can write.
    pub(crate) names: BTreeSet<String>,
    /// Names of the language, and texts of the table that are no names of the binding.
    pub(crate) of_the_language: &'static [&'static str],
    /// Returns a name of Rust in a form that the language has.
    pub(crate) spellings: &'static [fn(&str) -> String],
}

impl BindingNames {
    /// Checks the rows that the binding answers otherwise, which are complete up to this number.
    pub(crate) fn check_rows(&self, section: &str, least: u32) {
        for row in matrix_rows(section, least) {
            self.check(&format!("row {}", row.number), &row.place);
        }
    }

    /// Checks that each item of `fh-client` has its name in the binding, or stands in the table.
    pub(crate) fn check_items(&self, section: &str) {
        let items = items();
        assert!(items.len() > 400, "{}", items.len());
        let mut listed = ListedItems::default();
        for row in cells(section) {
            let [named, form] = row.as_slice() else { continue };
            assert!(!form.is_empty(), "{named} has no form");
            listed.add(quoted(named));
            self.check(named, form);
        }
        listed.check(&items);
        let has_name = |path: &str| {
            let name = path.rsplit("::").next().unwrap();
            self.names.contains(name)
                || self.spellings.iter().any(|spell| self.names.contains(&spell(name)))
        };
        let missing: Vec<&String> =
            items.iter().filter(|path| !has_name(path) && !listed.contains(path)).collect();
        assert!(missing.is_empty(), "neither in the binding nor in the table: {missing:#?}");
    }

    fn check(&self, row: &str, place: &str) {
        let is_known = |word: &String| {
            self.names.contains(word)
                || self.of_the_language.contains(&word.as_str())
                || word.bytes().all(|byte| byte.is_ascii_digit())
        };
        for name in quoted(place).filter(|name| !name.starts_with("fh-")) {
            let missing: Vec<String> =
                words(name).into_iter().filter(|word| !is_known(word)).collect();
            assert!(missing.is_empty(), "{row}: {name}: {missing:?}");
        }
    }
}

/// Returns a name of Rust as Kotlin and Swift write it: `offer_features` is `offerFeatures`.
pub(crate) fn in_camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| {
        let (head, tail) = part.split_at(part.len().min(1));
        text + &head.to_ascii_uppercase() + tail
    })
}
