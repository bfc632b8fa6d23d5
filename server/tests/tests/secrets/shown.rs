//! Collects the `Debug` and `Display` texts of types.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};

/// The texts of all values shown so far.
#[derive(Default)]
pub(crate) struct Shown {
    texts: Vec<(String, String)>,
    /// The types by crate and name, such as `fh_client::Client`.
    types: BTreeSet<String>,
}

impl Shown {
    /// Shows a value with `Debug`, on one line and on several.
    pub(crate) fn debug<T: Debug>(&mut self, value: &T) {
        let name = name_of::<T>();
        self.texts.push((name.clone(), format!("{value:?} {value:#?}")));
        self.types.insert(name);
    }

    /// Shows a value with `Debug` and with `Display`.
    pub(crate) fn both<T: Debug + Display>(&mut self, value: &T) {
        self.debug(value);
        self.texts.push((name_of::<T>(), value.to_string()));
    }

    /// Shows an error and all its sources.
    pub(crate) fn error<E: std::error::Error>(&mut self, error: &E) {
        self.both(error);
        let mut below = error.source();
        while let Some(cause) = below {
            self.texts.push((name_of::<E>(), format!("{cause} {cause:?}")));
            below = cause.source();
        }
    }

    /// Moves all texts and types of another collection into this one.
    pub(crate) fn append(&mut self, other: &mut Self) {
        self.texts.append(&mut other.texts);
        self.types.append(&mut other.types);
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &(String, String)> {
        self.texts.iter()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.types.contains(name)
    }
}

/// Returns a type's crate and name without parameters: `fh_client::Client` for `fh_client::client::Client`.
fn name_of<T>() -> String {
    let full = std::any::type_name::<T>().trim_start_matches('&');
    let full = full.split('<').next().unwrap();
    let (package, name) = (full.split("::").next().unwrap(), full.rsplit("::").next().unwrap());
    format!("{package}::{name}")
}
