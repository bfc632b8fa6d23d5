//! The parts of a ruleset: flags with their states, and segments.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use fh_eval::Vocabulary;
use fh_eval::featuresignals::Document;

use crate::flag_lint::findings::At;
use crate::flag_lint::node::Node;

/// The basis points of all contexts.
pub(super) const ALL: i64 = 10_000;

/// A flag, and its state in the environment. The places are made when they are needed, because a ruleset may have a million flags.
pub(super) struct Flag<'a> {
    pub(super) key: &'a str,
    pub(super) position: usize,
    pub(super) node: Node<'a>,
    pub(super) state: Option<Node<'a>>,
}

impl<'a> Flag<'a> {
    pub(super) fn at(&self) -> At<'a> {
        At::entity(Vocabulary::Flag, self.position, Some(self.key.into()), self.node)
    }

    pub(super) fn state_at(&self) -> Option<At<'a>> {
        self.state.map(|node| At { node, ..self.at() })
    }

    pub(super) fn is_on(&self) -> bool {
        self.state.is_some_and(|state| state.is_true("enabled"))
    }

    /// Returns the group in which the flag competes with other flags.
    pub(super) fn group(&self) -> Option<Cow<'a, str>> {
        self.node.text("mutual_exclusion_group").filter(|group| !group.is_empty())
    }
}

/// The parts of a ruleset.
pub(super) struct Ruleset<'a> {
    /// The flags that count: of several with one key, the last one.
    pub(super) flags: Vec<Flag<'a>>,
    pub(super) segments: HashMap<&'a str, Node<'a>>,
    /// The segments that rules name.
    pub(super) named: HashSet<String>,
}

impl<'a> Ruleset<'a> {
    pub(super) fn of(document: &'a Document<'_>) -> Self {
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
pub(super) fn last_flags<'d>(document: &'d Document<'_>) -> HashMap<&'d str, usize> {
    let positions = document.flags.iter().enumerate();
    positions.map(|(position, (key, _))| (&**key, position)).collect()
}
