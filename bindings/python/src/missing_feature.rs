//! The exception for the key of a feature that does not exist.

use fh_files::closest;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;

/// The number of keys that the exception lists.
const LISTED: usize = 10;

/// Returns the exception for a key that is none of `keys`. It names the most similar key, or the first keys.
pub(crate) fn missing_feature<'k>(key: &str, keys: impl Iterator<Item = &'k str>) -> PyErr {
    let keys: Vec<&str> = keys.collect();
    let advice = match closest(key, keys.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None if keys.is_empty() => "there are no features".to_string(),
        None => {
            let first: Vec<&str> = keys.iter().copied().take(LISTED).collect();
            let more = if keys.len() > LISTED { ", \u{2026}" } else { "" };
            format!("the features are {}{more}", first.join(", "))
        }
    };
    PyKeyError::new_err(format!("there is no feature {key}: {advice}"))
}
