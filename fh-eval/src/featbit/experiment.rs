//! The exposures that count for experiments.

use crate::attributes::Attributes;
use crate::evaluate::{Evaluator, Memory};
use crate::evaluation::Evaluation;
use crate::feature::FeatureRef;
use crate::time::Timestamp;
use crate::trace::NoTrace;

/// Returns true if the exposure of a user to an evaluation of a flag counts for experiments. It takes a second hash, if a share of the
/// exposures counts.
#[must_use]
pub fn send_to_experiment(
    flag: FeatureRef<'_>,
    attributes: &Attributes,
    evaluation: &Evaluation<'_>,
) -> bool {
    let tables = flag.tables();
    let strategy = evaluation.row().and_then(|row| tables.strategies.get(row as usize));
    let (Some(head), Some(strategy)) = (flag.head(), strategy) else { return false };
    let Some(interval) = tables.interval(strategy) else { return false };
    interval.counts(|| {
        let evaluator = Evaluator {
            tables,
            head,
            attributes,
            clock: &Timestamp::from_millis(0),
            memory: &mut Memory::<0>::new(),
            tracer: &mut NoTrace,
        };
        evaluator.unit_bucket(strategy.source, "expt")
    })
}
