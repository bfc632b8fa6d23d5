//! Tracing of an evaluation. The evaluator is generic over a tracer, so that ordinary evaluations and explanations run
//! the same code.

use crate::time::Timestamp;

/// A receiver of the steps of an evaluation. Every method does nothing by default.
///
/// Strategies are identified by their row in the engine's tables, rules by their index within the strategy.
pub(crate) trait Tracer {
    /// Called when the evaluator begins with a strategy. Later calls refer to this strategy until the next call of this
    /// method.
    fn strategy(&mut self, _row: u32) {}
    /// Called if the strategy is unusable, for example because the strategy could not be read. An unusable strategy
    /// never matches.
    fn unusable(&mut self) {}
    /// Called if the strategy's bucket cannot be computed, because the context has no percentage key for this strategy.
    fn no_key(&mut self) {}
    /// Called when the bucket of the percentage key is compared with the strategy's limit. The strategy admits buckets up to and including
    /// the limit.
    fn bucket(&mut self, _bucket: u32, _limit: i64) {}
    /// Called after a rule was evaluated. `now` is the time that the rule read from the clock; `None` if the rule did not read the clock.
    /// `held` is true if the rule held.
    fn rule(&mut self, _index: u32, _now: Option<Timestamp>, _held: bool) {}
    /// Called when the strategy matched, which ends the evaluation.
    fn matched(&mut self) {}
}

/// A tracer that records nothing, so that the compiler can remove its calls.
pub(crate) struct NoTrace;

impl Tracer for NoTrace {}
