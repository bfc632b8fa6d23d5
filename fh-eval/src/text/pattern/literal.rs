//! Patterns that search for literal texts at one anchor, such as `@example\.com$` or `^(gold|silver)$`. Such patterns
//! need no engine.

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

/// Maximum number of literal texts of a pattern without an engine. A pattern with more literal texts is run by an
/// engine.
const MAX_TEXTS: usize = 64;

/// The required position of a literal in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The text contains the literal.
    Anywhere,
    /// The text starts with the literal.
    Start,
    /// The text ends with the literal.
    End,
    /// The text equals the literal.
    Both,
}

impl Anchor {
    pub(super) fn holds(self, text: &str, literal: &str) -> bool {
        match self {
            Self::Anywhere => text.contains(literal),
            Self::Start => text.starts_with(literal),
            Self::End => text.ends_with(literal),
            Self::Both => text == literal,
        }
    }
}

/// Returns the literal texts for which a pattern searches, and the position at which a matching text has one of these texts.
/// `tree` is the tree that `dialect` returned. Returns `None` if the pattern needs an engine.
pub(super) fn extract(tree: &Hir) -> Option<(Anchor, Box<[Box<str>]>)> {
    let all = match tree.kind() {
        HirKind::Concat(parts) => parts,
        HirKind::Repetition(_) | HirKind::Capture(_) => return None,
        _ => std::slice::from_ref(tree),
    };
    let mut parts = without_first(all, |part| is_look(part, Look::Start));
    let at_start = parts.len() < all.len();
    let count = parts.len();
    parts = without_last(parts, |part| is_look(part, Look::End));
    let at_end = parts.len() < count;
    // A search may begin and end anywhere, so `.*` at a side without an anchor changes nothing.
    if !at_start {
        parts = without_first(parts, is_anything);
    }
    if !at_end {
        parts = without_last(parts, is_anything);
    }
    // A capture is a look-around.
    let tests_positions = |part: &Hir| {
        !part.properties().look_set().is_empty() || part.properties().explicit_captures_len() > 0
    };
    if parts.iter().any(tests_positions) {
        return None;
    }
    let concat;
    let inner = match parts {
        [part] => part,
        parts if parts.len() == all.len() => tree,
        parts => {
            concat = Hir::concat(parts.to_vec());
            &concat
        }
    };
    let mut extractor = Extractor::new();
    extractor.limit_total(MAX_TEXTS).limit_class(10).limit_repeat(10);
    let sequence = extractor.extract(inner);
    if !sequence.is_exact() {
        return None;
    }
    let mut texts: Vec<Box<str>> = sequence
        .literals()?
        .iter()
        .map(|literal| std::str::from_utf8(literal.as_bytes()).ok().map(Box::from))
        .collect::<Option<_>>()?;
    texts.sort_unstable();
    texts.dedup();
    let anchor = match (at_start, at_end) {
        (true, true) => Anchor::Both,
        (true, false) => Anchor::Start,
        (false, true) => Anchor::End,
        (false, false) => Anchor::Anywhere,
    };
    Some((anchor, texts.into()))
}

/// Returns the parts after those at the start for which a function returns true.
fn without_first(parts: &[Hir], is_left_out: impl Fn(&Hir) -> bool) -> &[Hir] {
    let count = parts.iter().take_while(|part| is_left_out(part)).count();
    parts.get(count..).unwrap_or_default()
}

/// Returns the parts before those at the end for which a function returns true.
fn without_last(parts: &[Hir], is_left_out: impl Fn(&Hir) -> bool) -> &[Hir] {
    let count = parts.iter().rev().take_while(|part| is_left_out(part)).count();
    parts.get(..parts.len() - count).unwrap_or_default()
}

fn is_look(part: &Hir, look: Look) -> bool {
    matches!(part.kind(), HirKind::Look(found) if *found == look)
}

/// Returns true for a repetition that may be empty, such as `.*`, and contains no anchor or word boundary. At a side
/// without an anchor such a repetition can always match the empty text.
fn is_anything(part: &Hir) -> bool {
    matches!(part.kind(), HirKind::Repetition(repetition)
        if repetition.min == 0 && repetition.sub.properties().look_set().is_empty())
}
