//! The items of one crate, as lines of text.

use std::collections::HashSet;
use std::path::Path;

/// The public items of a crate: those with a promise, and those behind its hidden module `internal`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) promised: Vec<String>,
    pub(crate) internal: Vec<String>,
}

impl Items {
    /// Reads rustdoc's JSON. Derived, automatic and blanket implementations of traits are left out.
    pub(crate) fn read(json: &Path, package: &str) -> Result<Self, String> {
        let api = public_api::Builder::from_rustdoc_json(json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build()
            .map_err(|why| format!("{}: {why}", json.display()))?;
        Ok(Self::sort_out(api.items().map(ToString::to_string), package))
    }

    fn sort_out(lines: impl Iterator<Item = String>, package: &str) -> Self {
        let root = format!("{}::", package.replace('-', "_"));
        // `impl Type` is no item, and the number of these blocks depends on the files that they stand in.
        let lines = lines.filter(|line| !line.starts_with("impl") || line.contains(" for "));
        // An implementation of one of our traits for one of our types is found at both.
        let mut seen = HashSet::new();
        let lines = lines.filter(|line| seen.insert(line.clone()));
        let (internal, promised) = lines.partition(|line| is_internal(line, &root));
        Self { promised, internal }
    }
}

/// Returns true for the module `internal` itself, for each item below it, and for each implementation for a type below it.
fn is_internal(line: &str, root: &str) -> bool {
    // The type of `impl Trait for Type` follows the trait, which may name types of the same crate.
    let place = line.find(" for ").filter(|_| line.starts_with("impl"));
    let own = place.and_then(|place| line.get(place..)).and_then(|rest| rest.split_once(root));
    let Some((_, path)) = own.or_else(|| line.split_once(root)) else { return false };
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
    path.get(..end) == Some("internal")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn internal(line: &str) -> bool {
        is_internal(line, "fh_eval::")
    }

    #[test]
    fn the_hidden_module_and_what_is_below_it_are_internal() {
        for line in [
            "pub mod fh_eval::internal",
            "pub struct fh_eval::internal::Token<'a>",
            "pub fn fh_eval::internal::Token<'a>::text(&self) -> &str",
            "impl<'a> core::convert::From<&'a fh_eval::Value> for fh_eval::internal::Token<'a>",
            "impl core::fmt::Display for fh_eval::internal::Shape",
        ] {
            assert!(internal(line), "{line}");
        }
    }

    #[test]
    fn other_items_are_promised() {
        for line in [
            "pub mod fh_eval",
            "pub fn fh_eval::Value::token(&self) -> fh_eval::internal::Token<'_>",
            "impl core::convert::From<fh_eval::internal::Token<'_>> for fh_eval::Value",
            "pub struct fh_eval::internals::Other",
            "impl<F: for<'a> core::ops::function::Fn(&'a str)> fh_eval::Reader for F",
        ] {
            assert!(!internal(line), "{line}");
        }
    }

    #[test]
    fn each_line_is_in_one_list() {
        let lines = [
            "pub mod fh_eval",
            "pub mod fh_eval::internal",
            "pub enum fh_eval::Kind",
            "impl fh_eval::Kind",
            "pub enum fh_eval::Kind",
        ];
        let items = Items::sort_out(lines.into_iter().map(str::to_string), "fh-eval");
        assert_eq!(items.promised, ["pub mod fh_eval", "pub enum fh_eval::Kind"]);
        assert_eq!(items.internal, ["pub mod fh_eval::internal"]);
    }
}
