//! The parts of a pattern whose look-arounds are at its ends, such as `^(?!10\.)`. Each of these look-arounds is a pattern of its own: the whole
//! pattern matches a text if the parts do.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::look_around::{Expression, LookAround, Side};

/// An expression without the look-arounds that were split off.
pub(super) struct Rest {
    pub(super) expression: Expression,
    /// The numbers of the look-arounds, in the order of the pattern.
    pub(super) split: Vec<usize>,
}

/// Splits look-aheads off the start of an expression, and look-behinds off its end. Only the start and the end of the text are one position in
/// every text: a look-around beside any other anchor, or in an alternative or a repetition, stays in the expression.
pub(super) fn split(mut expression: Expression, looks: &[LookAround]) -> Rest {
    let mut split = Vec::new();
    let is_split = |at: usize, part: &Hir, start: usize, end: usize| {
        let number = number(part)?;
        let side = looks.get(number)?.kind.side;
        let is_at_end = if side == Side::Ahead { at < start } else { at >= end };
        is_at_end.then_some(number)
    };
    if let HirKind::Concat(parts) = expression.tree.kind()
        && expression.has_look_around()
    {
        let start = run(parts.iter(), Look::Start);
        let end = parts.len() - run(parts.iter().rev(), Look::End);
        if let HirKind::Concat(mut parts) =
            std::mem::replace(&mut expression.tree, Hir::empty()).into_kind()
        {
            let mut at = 0..;
            parts.retain(|part| {
                let number = at.next().and_then(|at| is_split(at, part, start, end));
                split.extend(number);
                number.is_none()
            });
            expression.tree = Hir::concat(parts);
        }
    }
    Rest { expression, split }
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

impl Rest {
    /// Returns the text of the expression in the small language. `source` is the text of the whole pattern.
    pub(super) fn text(&self, source: &str, looks: &[LookAround]) -> String {
        let range = &self.expression.text;
        let mut text = String::with_capacity(range.len());
        let mut at = range.start;
        for look in self.split.iter().filter_map(|number| looks.get(*number)) {
            text.push_str(source.get(at..look.group.start).unwrap_or_default());
            // A repetition may follow.
            text.push_str("(?:)");
            at = look.group.end;
        }
        text.push_str(source.get(at..range.end).unwrap_or_default());
        text
    }
}
