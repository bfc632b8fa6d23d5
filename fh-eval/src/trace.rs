//! Tracing of an evaluation. The evaluator is generic over a tracer, so that ordinary evaluations and explanations run
//! the same code.

#[cfg(feature = "first-row")]
use crate::tables::Tables;
use crate::time::Timestamp;

/// A receiver of the steps of an evaluation. Every method does nothing by default.
///
/// Strategies are identified by their row in the engine's tables, rules by their index within the strategy.
pub(crate) trait Tracer {
    /// True if the evaluator walks all strategies in the payload's order, and false if it may take a quicker way to the same answer.
    #[cfg(feature = "first-row")]
    const WALKS_ALL: bool = true;
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
    /// Called in place of [`Self::rule`] if the search of the rule's pattern is beyond a limit.
    #[cfg(feature = "first-row")]
    fn beyond_limit(&mut self, _index: u32) {}
    /// Called when the strategy matched, which ends the evaluation.
    fn matched(&mut self) {}

    // The steps of flags whose strategies are rows, of which the first one that passes answers.

    /// Called when the evaluator begins with a row. The rules of a row are evaluated only if those of the row before are others.
    #[cfg(feature = "first-row")]
    fn row(&mut self, _tables: &Tables, _row: u32) {}
    /// Called when the bucket was compared with the share of the row. `is_within` is true if the share contains the bucket.
    #[cfg(feature = "first-row")]
    fn share(&mut self, _bucket: f64, _is_within: bool) {}
    /// Called after a test that is neither of rules nor of a bucket, such as that of an expiry. `is_due` is true if the row answers.
    #[cfg(feature = "featuresignals")]
    fn gate(&mut self, _is_due: bool) {}
    /// Called for each flag of a group, with the bucket by which the group chooses one of its flags. The call of [`Self::winner`]
    /// follows.
    #[cfg(feature = "featuresignals")]
    fn member(&mut self, _flag: &str, _bucket: u32) {}
    /// Called with the flag that its group chooses.
    #[cfg(feature = "featuresignals")]
    fn winner(&mut self, _flag: &str) {}
    /// Called before the evaluator walks other rows: those of a segment that the next rule names, or those of a flag that is a
    /// prerequisite. `None` if there is no such segment or flag; otherwise its tables with its position in them. Later calls are about these rows until [`Self::leave`].
    #[cfg(feature = "first-row")]
    fn enter(&mut self, _name: &str, _feature: Option<(&Tables, usize)>) {}
    /// Called after the rows of a segment or of a prerequisite: true if the user is in the segment, or if the prerequisite is met.
    /// `None` if the evaluation ends here without an answer.
    #[cfg(feature = "first-row")]
    fn leave(&mut self, _held: Option<bool>) {}
    /// Called when a row answers, which ends the walk over the rows of its flag.
    #[cfg(feature = "first-row")]
    fn answer(&mut self, _tables: &Tables, _row: u32) {}
}

/// A tracer that records nothing, so that the compiler can remove its calls.
pub(crate) struct NoTrace;

impl Tracer for NoTrace {
    #[cfg(feature = "first-row")]
    const WALKS_ALL: bool = false;
}
