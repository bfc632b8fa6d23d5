//! Finds the constructs of a pattern that SDKs read differently.

use regex_syntax::hir::{Hir, HirKind};

use super::Extent;
use super::dialect::rewrite;
use super::divergence::Divergence;
use super::look_around::Side;
use super::reading::read;

/// Returns the constructs of a pattern that SDKs read differently, each construct once. The list is empty if the
/// pattern has `\R` or `\Z` in a class, or `\Q` after a flag `x`. Other mistakes of a pattern are not checked.
///
/// ```
/// use fh_eval::internal::text::pattern::{Divergence, divergences};
/// assert_eq!(divergences("^[[:alpha:]]$"), [Divergence::ClassInClass]);
/// assert_eq!(divergences("(?<=a+)b"), [Divergence::LookBehind, Divergence::LookBehindLength]);
/// assert!(divergences("^[A-Za-z]$").is_empty());
/// ```
#[must_use]
pub fn divergences(pattern: &str) -> Vec<Divergence> {
    let mut found =
        read(pattern, Extent::Search).map_or_else(|_| Vec::new(), |read| read.divergences);
    let is_behind = |found: &Divergence| {
        matches!(found, Divergence::LookBehind | Divergence::NegativeLookBehind)
    };
    if found.iter().any(is_behind)
        && let Ok(rewritten) = rewrite(pattern, Extent::Search)
    {
        let mut behind = rewritten.looks.iter().filter(|look| look.kind.side == Side::Behind);
        if behind.any(|look| length(&look.inside.tree).is_none()) {
            found.push(Divergence::LookBehindLength);
        }
    }
    found
}

/// Returns the number of characters of each text that a tree matches. Returns `None` if the texts have several lengths.
fn length(tree: &Hir) -> Option<usize> {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Capture(_) => Some(0),
        HirKind::Literal(literal) => Some(std::str::from_utf8(&literal.0).ok()?.chars().count()),
        HirKind::Class(_) => Some(1),
        HirKind::Repetition(repetition) => {
            let is_fixed = repetition.max == Some(repetition.min);
            let length = length(&repetition.sub)?;
            (is_fixed || length == 0).then(|| length.saturating_mul(repetition.min as usize))
        }
        HirKind::Concat(parts) => {
            parts.iter().try_fold(0_usize, |sum, part| Some(sum.saturating_add(length(part)?)))
        }
        HirKind::Alternation(branches) => {
            let mut lengths = branches.iter().map(length);
            let first = lengths.next()??;
            lengths.all(|length| length == Some(first)).then_some(first)
        }
    }
}
