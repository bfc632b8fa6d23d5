//! The parts of a payload: flags, segments, rules and conditions.

use std::collections::{HashMap, HashSet};

use fh_eval::Vocabulary;

use crate::flag_lint::findings::At;
use crate::flag_lint::node::Node;

/// The segments of the payload by id.
pub(super) struct Segments<'a> {
    pub(super) by_id: HashMap<String, Node<'a>>,
    /// The ids that conditions of flags name.
    pub(super) named: HashSet<String>,
}

/// Returns the place of a flag or of a segment.
pub(super) fn entity(vocabulary: Vocabulary, position: usize, node: Node<'_>) -> At<'_> {
    let name = if vocabulary == Vocabulary::Segment { "id" } else { "key" };
    At::entity(vocabulary, position, node.text(name), node)
}

/// Returns the places of the rules of a flag or a segment.
pub(super) fn rules<'a>(entity: &At<'a>) -> Vec<At<'a>> {
    let rules = (0..).zip(entity.node.list("rules"));
    rules.map(|(position, node)| entity.rule(position, node.text("name"), node)).collect()
}

/// Returns the places of the conditions of a rule.
pub(super) fn conditions_of<'a>(rule: &At<'a>) -> Vec<At<'a>> {
    let conditions = (0..).zip(rule.node.list("conditions"));
    conditions
        .map(|(position, node)| rule.condition(position, node.text("property"), node))
        .collect()
}
