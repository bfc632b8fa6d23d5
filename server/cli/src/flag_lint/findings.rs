//! Findings about the flags of a payload, their places and their lines.

use std::borrow::Cow;

use fh_eval::internal::compact;
use fh_eval::{Diagnostic, Place, Severity, Vocabulary};

use super::node::Node;
use fh_edge::internal::{Finding, Level};

/// The findings about one payload.
pub(super) struct Findings {
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
pub(super) struct At<'a> {
    pub(super) node: Node<'a>,
    pub(super) order: (bool, usize),
    pub(super) place: Place,
}

impl<'a> At<'a> {
    /// Returns the place of a flag or of a segment.
    pub(super) fn entity(
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
    pub(super) fn rule(&self, position: u32, name: Option<Cow<'_, str>>, node: Node<'a>) -> Self {
        let name = name.filter(|name| !name.is_empty());
        let place = Place {
            strategy: Some(position),
            strategy_id: name.map(Box::from),
            ..self.place.clone()
        };
        Self { node, place, ..self.clone() }
    }

    /// Returns the place of a condition on this property or attribute.
    pub(super) fn condition(
        &self,
        position: u32,
        property: Option<Cow<'_, str>>,
        node: Node<'a>,
    ) -> Self {
        let property = property.filter(|name| !name.is_empty());
        let place =
            Place { rule: Some(position), field: property.map(Box::from), ..self.place.clone() };
        Self { node, place, ..self.clone() }
    }

    /// Returns the place of a member.
    pub(super) fn member(&self, member: &'static str) -> Self {
        let node = self.node.get(member);
        let value = node.map(|node| cut(node.json()));
        let place = Place { member: Some(member), value, ..self.place.clone() };
        Self { node: node.unwrap_or(self.node), place, ..self.clone() }
    }

    /// Returns the words for a rule, such as `rule 2 (Beta users)`.
    pub(super) fn title(&self) -> String {
        let name = self.place.strategy_id.as_deref();
        let name = name.map_or(String::new(), |name| format!(" ({name})"));
        format!("rule {}{name}", self.place.strategy.unwrap_or_default() + 1)
    }
}

/// The longest JSON value in a finding, in characters. Longer values are cut.
const LONGEST_VALUE: usize = 120;

/// The number of characters of a value that are read. The blanks at the beginnings of lines are left out.
const READ: usize = 1000;

/// Returns the JSON of a value on one line, cut if it is long.
fn cut(json: &str) -> Box<str> {
    let up_to = |json: &str, limit| json.char_indices().nth(limit).map(|(at, _)| at);
    let read = up_to(json, READ).and_then(|end| json.get(..end)).unwrap_or(json);
    let line = if read.contains('\n') { compact(read) } else { read.to_string() };
    match up_to(&line, LONGEST_VALUE) {
        Some(end) => format!("{}…", line.get(..end).unwrap_or_default()).into(),
        None if read.len() < json.len() => format!("{line}…").into(),
        None => line.into(),
    }
}

impl Findings {
    pub(super) fn new(json: &[u8]) -> Self {
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

    pub(super) fn add(
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

    pub(super) fn warn(
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
    pub(super) fn diagnosed(
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
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|(order, finding)| (*order, finding.level));
        self.found.into_iter().map(|(_, finding)| finding).collect()
    }
}

/// Returns advice that names the known name that is probably meant; `otherwise` if there is none.
pub(super) fn meant<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    match fh_files::closest(name, known) {
        Some(meant) => format!("write {meant}"),
        None => otherwise.to_string(),
    }
}
