//! Finds parts of a ruleset of FeatureSignals that cannot be used, and parts that are probably mistakes.

mod advice;
mod conditions;
mod diagnostics;
mod flags;
mod groups;
mod prerequisites;
mod reach;
mod rules;
mod segments;
mod values;
mod variants;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use fh_eval::Vocabulary;
use fh_eval::featuresignals::Document;

use super::node::Node;
use super::{At, Findings, meant};
use crate::lint::{Finding, Level};

/// The basis points of all contexts.
const ALL: i64 = 10_000;

/// A flag, and its state in the environment. The places are made when they are needed, because a ruleset may have a million flags.
struct Flag<'a> {
    key: &'a str,
    position: usize,
    node: Node<'a>,
    state: Option<Node<'a>>,
}

impl<'a> Flag<'a> {
    fn at(&self) -> At<'a> {
        At::entity(Vocabulary::Flag, self.position, Some(self.key.into()), self.node)
    }

    fn state_at(&self) -> Option<At<'a>> {
        self.state.map(|node| At { node, ..self.at() })
    }

    fn is_on(&self) -> bool {
        self.state.is_some_and(|state| state.is_true("enabled"))
    }

    /// Returns the group in which the flag competes with other flags.
    fn group(&self) -> Option<Cow<'a, str>> {
        self.node.text("mutual_exclusion_group").filter(|group| !group.is_empty())
    }
}

/// The parts of a ruleset.
struct Ruleset<'a> {
    /// The flags that count: of several with one key, the last one.
    flags: Vec<Flag<'a>>,
    segments: HashMap<&'a str, Node<'a>>,
    /// The segments that rules name.
    named: HashSet<String>,
}

impl<'a> Ruleset<'a> {
    fn of(document: &'a Document<'_>) -> Self {
        let by_key = |parts: &'a [(Cow<'_, str>, &'a serde_json::value::RawValue)]| {
            let parts = parts.iter().map(|(key, raw)| (&**key, Node::of(raw)));
            parts.collect::<HashMap<&'a str, Node<'a>>>()
        };
        let states = by_key(&document.states);
        let last = last_flags(document);
        let parts = document.flags.iter().enumerate();
        let counted = parts.filter(|(position, (key, _))| last.get(&**key) == Some(position));
        let flags = counted.map(|(position, (key, raw))| {
            let state = states.get(&**key).copied().filter(|state| !state.is_null());
            Flag { key, position, node: Node::of(raw), state }
        });
        Self { flags: flags.collect(), segments: by_key(&document.segments), named: HashSet::new() }
    }
}

/// Returns the position of the last flag with each key.
fn last_flags<'d>(document: &'d Document<'_>) -> HashMap<&'d str, usize> {
    let positions = document.flags.iter().enumerate();
    positions.map(|(position, (key, _))| (&**key, position)).collect()
}

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
