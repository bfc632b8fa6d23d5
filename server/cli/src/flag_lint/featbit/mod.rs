//! Finds parts of a payload of FeatBit that cannot be used, and parts that are probably mistakes.

mod advice;
mod conditions;
mod diagnostics;
mod flags;
mod intervals;
mod parts;
mod segments;

use std::collections::{HashMap, HashSet};

use fh_eval::Vocabulary;
use fh_eval::featbit::{Document, Profile};

use self::parts::{Segments, entity};
use super::findings::Findings;
use super::node::Node;
use fh_edge::internal::Finding;

/// Returns the keys of archived flags.
pub(crate) fn archived(document: &Document<'_>) -> Vec<String> {
    let flags = document.flags.iter().map(|raw| Node::of(raw));
    let archived = flags.filter(|flag| flag.is_true("isArchived"));
    archived.filter_map(|flag| flag.text("key")).map(String::from).collect()
}

/// Returns the findings about a payload, in the order of its flags and then of its segments. `json` is the text of the payload.
pub(crate) fn lint(document: &Document<'_>, json: &[u8], profile: Profile) -> Vec<Finding> {
    let mut findings = Findings::new(json);
    let mut segments = Segments { by_id: HashMap::new(), named: HashSet::new() };
    for (position, raw) in document.segments.iter().enumerate() {
        let node = Node::of(raw);
        let Some(id) = node.text("id") else { continue };
        if segments.by_id.insert(id.to_string(), node).is_some() {
            findings.warn(
                &entity(Vocabulary::Segment, position, node),
                "duplicate-segment",
                "another segment has the same id; the last one counts",
                "remove the segments that do not count",
            );
        }
    }
    for (position, raw) in document.flags.iter().enumerate() {
        let node = Node::of(raw);
        let at = entity(Vocabulary::Flag, position, node);
        if !node.is_true("isArchived") {
            flags::check(&mut findings, &at, &mut segments, profile);
        }
    }
    for (position, raw) in document.segments.iter().enumerate() {
        let at = entity(Vocabulary::Segment, position, Node::of(raw));
        segments::check(&mut findings, &at, &segments, profile);
    }
    diagnostics::add(&mut findings, document, profile);
    findings.sorted()
}
