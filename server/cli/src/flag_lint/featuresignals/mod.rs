//! Finds parts of a ruleset of FeatureSignals that cannot be used, and parts that are probably mistakes.

mod advice;
mod conditions;
mod diagnostics;
mod flags;
mod groups;
mod parts;
mod prerequisites;
mod reach;
mod rules;
mod segments;
mod values;
mod variants;

use std::borrow::Cow;
use std::collections::HashSet;

use fh_eval::Vocabulary;
use fh_eval::featuresignals::Document;

use self::parts::{Ruleset, last_flags};
use super::findings::{At, Findings, meant};
use super::node::Node;
use fh_edge::internal::{Finding, Level};

/// Returns the findings about a ruleset, in the order of its flags and then of its segments. `json` is the text of the ruleset.
pub(crate) fn lint(document: &Document<'_>, json: &[u8]) -> Vec<Finding> {
    let mut findings = Findings::new(json);
    let mut ruleset = Ruleset::of(document);
    for flag in &ruleset.flags {
        flags::check(&mut findings, flag, &ruleset.segments, &mut ruleset.named);
    }
    prerequisites::check(&mut findings, &ruleset.flags);
    groups::check(&mut findings, &ruleset.flags);
    keys(&mut findings, document);
    segments::check(&mut findings, document, &ruleset.named);
    drop(ruleset);
    diagnostics::add(&mut findings, document);
    findings.sorted()
}

/// Checks that each key has one flag, and that each state belongs to a flag.
fn keys(findings: &mut Findings, document: &Document<'_>) {
    let known = last_flags(document);
    for (position, (key, raw)) in document.flags.iter().enumerate() {
        if known.get(&**key) != Some(&position) {
            let name = Some(Cow::Borrowed(&**key));
            let at = &At::entity(Vocabulary::Flag, position, name, Node::of(raw));
            let message = "a later flag has the same key, and replaces this one";
            let advice = "remove one of the flags";
            findings.add(Level::Error, at, "duplicate-key", message, advice);
        }
    }
    let mut seen = HashSet::new();
    for (position, (key, raw)) in document.states.iter().enumerate() {
        let position = document.flags.len() + position;
        let name = Some(Cow::Borrowed(&**key));
        let at = &At::entity(Vocabulary::Flag, position, name, Node::of(raw));
        if !known.contains_key(&**key) {
            let advice = meant(key, known.keys().copied(), "add the flag, or remove the state");
            let message = "the state belongs to no flag, so that it has no effect";
            findings.warn(at, "unknown-flag", message, advice);
        }
        if !seen.insert(&**key) {
            let message = "the flag has several states; the last one counts";
            findings.warn(at, "duplicate-key", message, "remove the states that do not count");
        }
    }
}
