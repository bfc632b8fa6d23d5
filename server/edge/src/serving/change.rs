//! The difference between two lists of features, and the stream events for the difference.

use std::collections::HashMap;
use std::sync::Arc;

use super::feature::ServedFeature;
use super::view_key::ViewKey;

/// The change of one feature between two lists.
#[derive(Debug)]
pub(crate) enum Change<'a> {
    /// The feature is new, or clients may see a difference from the feature of the older list. The field is the newer feature.
    Now(&'a Arc<ServedFeature>),
    /// The feature is in the older list, but not in the newer one. The field is the older feature.
    Gone(&'a Arc<ServedFeature>),
}

/// Returns the changes from an older list of features to a newer one. Removed features come first.
pub(crate) fn changes<'a>(
    older: &'a [Arc<ServedFeature>],
    newer: &'a [Arc<ServedFeature>],
) -> Vec<Change<'a>> {
    // In most cases both lists hold the same features in the same order.
    let aligned = older.len() == newer.len()
        && older.iter().zip(newer).all(|(old, new)| Arc::ptr_eq(old, new) || old.id == new.id);
    if aligned {
        let pairs = older.iter().zip(newer);
        let differ = pairs.filter(|(old, new)| !Arc::ptr_eq(old, new) && !old.looks_like(new));
        return differ.map(|(_, new)| Change::Now(new)).collect();
    }
    let mut before: HashMap<_, _> = older.iter().map(|old| (old.id, old)).collect();
    let mut found = Vec::new();
    for new in newer {
        match before.remove(&new.id) {
            Some(old) if Arc::ptr_eq(old, new) || old.looks_like(new) => {}
            _ => found.push(Change::Now(new)),
        }
    }
    let gone = older.iter().filter(|old| before.contains_key(&old.id));
    // Removed features come first, so that a key that moved to another feature ends with the new one.
    gone.map(Change::Gone).chain(found).collect()
}

/// Appends the JSON data of a change to `out`, and returns the name of its stream event.
pub(crate) fn write_change(
    out: &mut String,
    change: &Change<'_>,
    view: &ViewKey,
    all: &[Arc<ServedFeature>],
    write: impl FnOnce(&ServedFeature, &mut String),
) -> &'static str {
    match change {
        Change::Now(feature) => {
            write(feature, out);
            "feature"
        }
        Change::Gone(feature) => {
            // If the feature is retired and passes the filters of the view, its state with its version is written. Otherwise, for example
            // if the feature was deleted, a state with version 0 and no value is written.
            let is_retired = |now: &&Arc<ServedFeature>| {
                now.id == feature.id && now.retired && now.passes(&view.filters)
            };
            match all.iter().find(is_retired) {
                Some(retired) => write(retired, out),
                None => feature.write_deleted(out),
            }
            "delete_feature"
        }
    }
}
