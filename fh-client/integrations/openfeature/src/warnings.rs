//! The warnings of a provider about fields that it leaves out.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The names with a warning: one for each name, and at most [`MOST`].
#[derive(Debug, Default)]
pub(crate) struct FieldWarnings(Mutex<HashSet<String>>);

const MOST: usize = 20;

impl FieldWarnings {
    pub(crate) fn warn(&self, name: &str, why: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() < MOST && names.insert(name.to_string()) {
            tracing::warn!("OpenFeature: {name:?} is left out: {why}");
        }
    }
}
