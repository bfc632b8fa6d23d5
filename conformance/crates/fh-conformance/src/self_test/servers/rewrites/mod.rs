//! The rewrites, grouped by what they break.

mod etags;
mod evaluated;
mod headers;
mod keys;
mod lists;
mod operation;
mod polled;
mod puts;
mod streams;
mod updates;

use super::rewrite::Rewrite;

/// Returns all rewrites.
pub(super) fn all() -> impl Iterator<Item = &'static Rewrite> {
    let groups = [
        keys::ALL,
        etags::ALL,
        polled::ALL,
        evaluated::ALL,
        headers::ALL,
        streams::ALL,
        updates::ALL,
        puts::ALL,
        operation::ALL,
    ];
    groups.into_iter().flatten()
}
