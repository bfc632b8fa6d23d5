//! Finds parts of a payload of FeatBit that cannot be used, and parts that are probably mistakes.

mod advice;
mod conditions;
mod diagnostics;
mod flags;
mod intervals;
mod node;
mod segments;

use std::collections::{HashMap, HashSet};

use fh_eval::featbit::{Document, Profile};
use fh_eval::{Place, Vocabulary};

use self::node::Node;
use crate::lint::{Finding, Level};

/// The code of every check, with a description.
pub(crate) const CODES: &[(&str, &str)] = &[
    ("unknown-operator", "FeatBit: an operator that does not exist"),
    ("unknown-variation", "FeatBit: a variation that the flag does not have"),
    ("unknown-segment", "FeatBit: a segment that the payload does not have"),
    ("archived-segment", "FeatBit: a condition on a segment that is archived"),
    ("unused-segment", "FeatBit: a segment that no flag names"),
    ("empty-segment", "FeatBit: a segment without users and rules"),
    ("interval", "FeatBit: an interval that can contain no bucket"),
    (
        "interval-gap",
        "FeatBit: buckets that belong to no interval, so that their users get no value",
    ),
    ("interval-overlap", "FeatBit: buckets that belong to several intervals"),
    ("interval-range", "FeatBit: an interval outside of 0 to 1"),
    ("duplicate-user", "FeatBit: a user in several lists of a flag or a segment"),
    ("duplicate-variation", "FeatBit: several variations with the same id"),
    ("duplicate-segment", "FeatBit: several segments with the same id"),
    ("empty-target", "FeatBit: a target without users"),
];

/// The segments of the payload by id.
struct Segments<'a> {
    by_id: HashMap<String, Node<'a>>,
    /// The ids that conditions of flags name.
    named: HashSet<String>,
}

/// The findings about one payload.
struct Findings {
    /// The position in the payload of the flag or segment, of the rule, and of the condition.
    found: Vec<(Order, Finding)>,
    lines: Vec<usize>,
    start: usize,
    length: usize,
}

/// The list in which an entity is (flags before segments), its position there, and the positions of the rule and the condition.
type Order = (bool, usize, Option<u32>, Option<u32>);

/// The part of the payload that a check is about.
#[derive(Debug, Clone)]
struct At<'a> {
    node: Node<'a>,
    order: (bool, usize),
    place: Place,
}

impl<'a> At<'a> {
    /// Returns the place of a flag or of a segment.
    fn entity(vocabulary: Vocabulary, position: usize, node: Node<'a>) -> Self {
        let is_segment = vocabulary == Vocabulary::Segment;
        let name = if is_segment { node.text("id") } else { node.text("key") };
        let name = name.filter(|name| !name.is_empty());
        let feature = name.map_or_else(|| format!("#{position}").into(), Box::from);
        let place = Place { vocabulary, feature, ..Place::default() };
        Self { node, order: (is_segment, position), place }
    }

    /// Returns the place of a rule.
    fn rule(&self, position: u32, node: Node<'a>) -> Self {
        let name = node.text("name").filter(|name| !name.is_empty());
        let place = Place {
            strategy: Some(position),
            strategy_id: name.map(Box::from),
            ..self.place.clone()
        };
        Self { node, place, ..self.clone() }
    }

    /// Returns the place of a condition.
    fn condition(&self, position: u32, node: Node<'a>) -> Self {
        let property = node.text("property").filter(|name| !name.is_empty());
        let place =
            Place { rule: Some(position), field: property.map(Box::from), ..self.place.clone() };
        Self { node, place, ..self.clone() }
    }

    /// Returns the place of a member.
    fn member(&self, member: &'static str) -> Self {
        let node = self.node.get(member);
        let value = node.map(|node| cut(node.json()));
        let place = Place { member: Some(member), value, ..self.place.clone() };
        Self { node: node.unwrap_or(self.node), place, ..self.clone() }
    }
}

/// The longest JSON value in a finding, in characters. Longer values are cut.
const LONGEST_VALUE: usize = 120;

fn cut(json: &str) -> Box<str> {
    match json.char_indices().nth(LONGEST_VALUE) {
        None => json.into(),
        Some((at, _)) => format!("{}…", json.get(..at).unwrap_or_default()).into(),
    }
}

impl Findings {
    fn new(json: &[u8]) -> Self {
        let ends = json.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let lines: Vec<usize> = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { found: Vec::new(), lines, start: json.as_ptr() as usize, length: json.len() }
    }

    /// Returns the line, counted from 1, on which a part of the payload begins; `None` for a payload of one or two lines.
    fn line_of(&self, node: Node<'_>) -> Option<usize> {
        let offset = (node.json().as_ptr() as usize).checked_sub(self.start)?;
        let is_useful = self.lines.len() > 2 && offset < self.length;
        is_useful.then(|| self.lines.partition_point(|start| *start <= offset))
    }

    fn add(
        &mut self,
        level: Level,
        at: &At<'_>,
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let (is_segment, position) = at.order;
        let finding = Finding {
            level,
            code,
            place: at.place.clone(),
            line: self.line_of(at.node),
            message: message.into(),
            advice: advice.into(),
        };
        let order = (is_segment, position, at.place.strategy, at.place.rule);
        self.found.push((order, finding));
    }

    fn warn(
        &mut self,
        at: &At<'_>,
        code: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(Level::Warning, at, code, message, advice);
    }
}

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
                &At::entity(Vocabulary::Segment, position, node),
                "duplicate-segment",
                "another segment has the same id; the last one counts",
                "remove the segments that do not count",
            );
        }
    }
    for (position, raw) in document.flags.iter().enumerate() {
        let node = Node::of(raw);
        let at = At::entity(Vocabulary::Flag, position, node);
        if !node.is_true("isArchived") {
            flags::check(&mut findings, &at, &mut segments, profile);
        }
    }
    for (position, raw) in document.segments.iter().enumerate() {
        let at = At::entity(Vocabulary::Segment, position, Node::of(raw));
        segments::check(&mut findings, &at, &segments, profile);
    }
    diagnostics::add(&mut findings, document, profile);
    findings.found.sort_by_key(|(order, finding)| (*order, finding.level));
    findings.found.into_iter().map(|(_, finding)| finding).collect()
}
