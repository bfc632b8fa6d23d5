//! The parts of a pattern whose look-arounds are at its ends, such as `^(?!10\.)`. Each of these look-arounds is a pattern of its own: the whole
//! pattern matches a text if the parts do.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::look_around::{Expression, LookAround, Side};

/// An expression without the look-arounds that were split off.
pub(super) struct Rest<'p> {
    pub(super) expression: Expression,
    /// The look-arounds, in the order of the pattern.
    pub(super) split: Vec<&'p LookAround>,
}

/// Splits look-aheads off the start of an expression, and look-behinds off its end. Only the start and the end of the text are one position in
/// every text: a look-around beside any other anchor, or in an alternative or a repetition, stays in the expression.
pub(super) fn split(expression: Expression, looks: &[LookAround]) -> Rest<'_> {
    let mut split = Vec::new();
    let HirKind::Concat(parts) = expression.tree.kind() else { return Rest { expression, split } };
    if !expression.has_look_around() {
        return Rest { expression, split };
    }
    let start = run(parts.iter(), Look::Start);
    let end = parts.len() - run(parts.iter().rev(), Look::End);
    let mut rest = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        match number(part).and_then(|number| looks.get(number)) {
            Some(look) if at < start && look.kind.side == Side::Ahead => split.push(look),
            Some(look) if at >= end && look.kind.side == Side::Behind => split.push(look),
            _ => rest.push(part.clone()),
        }
    }
    Rest { expression: Expression { tree: Hir::concat(rest), ..expression }, split }
}

/// Returns the number of parts at an end that are at the position of an anchor. Returns 0 without such an anchor.
fn run<'h>(parts: impl Iterator<Item = &'h Hir> + Clone, anchor: Look) -> usize {
    let is_anchor = |part: &Hir| matches!(part.kind(), HirKind::Look(look) if *look == anchor);
    let run = parts.take_while(|part| is_anchor(part) || number(part).is_some());
    if run.clone().any(is_anchor) { run.count() } else { 0 }
}

/// Returns the number of a look-around.
fn number(part: &Hir) -> Option<usize> {
    match part.kind() {
        HirKind::Capture(capture) => Some(capture.index as usize),
        _ => None,
    }
}

impl Rest<'_> {
    /// Returns the text of the expression in the small language. `source` is the text of the whole pattern.
    pub(super) fn text(&self, source: &str) -> String {
        let range = &self.expression.text;
        let mut text = String::with_capacity(range.len());
        let mut at = range.start;
        for look in &self.split {
            text.push_str(source.get(at..look.group.start).unwrap_or_default());
            // A repetition may follow.
            text.push_str("(?:)");
            at = look.group.end;
        }
        text.push_str(source.get(at..range.end).unwrap_or_default());
        text
    }
}
