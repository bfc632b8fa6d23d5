//! Watching an evaluation. The evaluator is generic over a tracer, so the fast path and the explanation are one piece of code
//! that cannot disagree with itself.

use crate::time::Timestamp;

/// What an evaluation passes on its way. Every method does nothing by default.
///
/// Strategies and rules are named by row; only the engine's own explanation can read them, so this stays inside.
pub(crate) trait Tracer {
    /// A strategy is looked at.
    fn strategy(&mut self, _row: u32) {}
    /// It could not be read when it was compiled.
    fn unusable(&mut self) {}
    /// It has a percentage, but the context has no key for it.
    fn no_key(&mut self) {}
    /// Its percentage was compared.
    fn bucket(&mut self, _bucket: u32, _limit: i64) {}
    /// A rule was asked; `values` is what was supplied for it.
    fn rule(&mut self, _index: u32, _now: Option<Timestamp>, _held: bool) {}
    /// It matched, and ends the evaluation.
    fn matched(&mut self) {}
}

/// Compiles to nothing.
pub(crate) struct NoTrace;

impl Tracer for NoTrace {}
