//! Finds parts of the flags of FeatBit and FeatureSignals that cannot be used, and parts that are probably mistakes. Each system has a folder
//! with its checks; the findings, their places and their lines are common to all systems.

pub(crate) mod featbit;
mod node;

use std::borrow::Cow;

use fh_eval::{Diagnostic, Place, Severity, Vocabulary};

use self::node::Node;
use crate::lint::{Finding, Level};

/// The code of every check of further systems, with a description. Some codes of FeatureHub's checks are used as well.
pub(crate) const CODES: &[(&str, &str)] = &[
    ("unknown-operator", "FeatBit: an operator that does not exist"),
    ("unknown-segment", "FeatBit: a segment that the payload does not have"),
    ("unused-segment", "FeatBit: a segment that no flag names"),
    ("empty-segment", "FeatBit: a segment without users and rules"),
    ("duplicate-segment", "FeatBit: several segments with the same id"),
    ("unknown-variation", "FeatBit: a variation that the flag does not have"),
    ("archived-segment", "FeatBit: a condition on a segment that is archived"),
    ("interval", "FeatBit: an interval that can contain no bucket"),
    (
        "interval-gap",
        "FeatBit: buckets that belong to no interval, so that their users get no value",
    ),
    ("interval-overlap", "FeatBit: buckets that belong to several intervals"),
    ("interval-range", "FeatBit: an interval outside of 0 to 1"),
    ("duplicate-user", "FeatBit: a user in several lists of a flag or a segment"),
    ("duplicate-variation", "FeatBit: several variations with the same id"),
    ("empty-target", "FeatBit: a target without users"),
];

/// The findings about one payload.
struct Findings {
    found: Vec<(Order, Finding)>,
    /// The offsets at which the lines of the payload begin.
    lines: Vec<usize>,
    /// The address of the payload.
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
    fn entity(
        vocabulary: Vocabulary,
        position: usize,
        name: Option<Cow<'_, str>>,
        node: Node<'a>,
    ) -> Self {
        let is_segment = vocabulary == Vocabulary::Segment;
        let name = name.filter(|name| !name.is_empty());
        let feature = name.map_or_else(|| format!("#{position}").into(), Box::from);
        let place = Place { vocabulary, feature, ..Place::default() };
        Self { node, order: (is_segment, position), place }
    }

    /// Returns the place of a rule with this name.
    fn rule(&self, position: u32, name: Option<Cow<'_, str>>, node: Node<'a>) -> Self {
        let name = name.filter(|name| !name.is_empty());
        let place = Place {
            strategy: Some(position),
            strategy_id: name.map(Box::from),
            ..self.place.clone()
        };
        Self { node, place, ..self.clone() }
    }

    /// Returns the place of a condition on this property or attribute.
    fn condition(&self, position: u32, property: Option<Cow<'_, str>>, node: Node<'a>) -> Self {
        let property = property.filter(|name| !name.is_empty());
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

    /// Returns the words for a rule, such as `rule 2 (Beta users)`.
    fn title(&self) -> String {
        let name = self.place.strategy_id.as_deref();
        let name = name.map_or(String::new(), |name| format!(" ({name})"));
        format!("rule {}{name}", self.place.strategy.unwrap_or_default() + 1)
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

    /// Adds a diagnostic of the engine. `note` says when a part that the switch of the flag hides now has the problem; such a problem is a
    /// warning.
    fn diagnosed(
        &mut self,
        at: &At<'_>,
        diagnostic: &Diagnostic,
        note: &'static str,
        (code, advice): (&'static str, String),
    ) {
        let level = match diagnostic.severity() {
            Severity::Error if note.is_empty() => Level::Error,
            _ => Level::Warning,
        };
        let message = format!("{}; {}{note}", diagnostic.problem, diagnostic.consequence);
        let at = At { place: diagnostic.place.clone(), ..at.clone() };
        self.add(level, &at, code, message, advice);
    }

    /// Returns the findings in the order of the flags and then of the segments.
    fn sorted(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|(order, finding)| (*order, finding.level));
        self.found.into_iter().map(|(_, finding)| finding).collect()
    }
}

/// The names of the flags or segments of a payload for advice that corrects a name.
fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    match fh_files::closest(name, known) {
        Some(meant) => format!("write {meant}"),
        None => otherwise.to_string(),
    }
}
