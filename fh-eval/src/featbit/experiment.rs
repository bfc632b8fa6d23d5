//! The exposures that count for experiments.

use crate::attributes::Attributes;
use crate::evaluate::{Evaluator, Memory};
use crate::evaluation::Evaluation;
use crate::explanation::Exposure;
use crate::feature::FeatureRef;
use crate::time::Timestamp;
use crate::trace::NoTrace;

/// The text before the input of the second hash.
pub(super) const EXPERIMENT: &str = "expt";

/// Returns true if the exposure of a user to an evaluation of a flag counts for experiments. It takes a second hash, if a share of the
/// exposures counts.
#[must_use]
pub fn send_to_experiment(
    flag: FeatureRef<'_>,
    attributes: &Attributes,
    evaluation: &Evaluation<'_>,
) -> bool {
    exposure(flag, attributes, evaluation).is_some_and(|exposure| exposure.counts)
}

/// Returns the decision on the exposure to an evaluation; `None` for an evaluation without a row.
pub(super) fn exposure(
    flag: FeatureRef<'_>,
    attributes: &Attributes,
    evaluation: &Evaluation<'_>,
) -> Option<Exposure> {
    let tables = flag.tables();
    let strategy = evaluation.row().and_then(|row| tables.strategies.get(row as usize))?;
    let (head, interval) = (flag.head()?, tables.interval(strategy)?);
    let mut drawn = None;
    let counts = interval.counts(|| {
        let evaluator = Evaluator {
            segments: flag.view().segments,
            tables,
            head,
            attributes,
            clock: &Timestamp::from_millis(0),
            memory: &mut Memory::<0>::new(),
            tracer: &mut NoTrace,
        };
        *drawn.insert(evaluator.unit_bucket(strategy.source, EXPERIMENT))
    });
    Some(Exposure { counts, limit: interval.exposure, bucket: drawn })
}
