//! Explanations of flags whose strategies are rows, of which the first one that passes answers.

use std::fmt;
use std::sync::Arc;

use super::flag_report::FlagReport;
use super::record::FeatureRecord;
use super::walk::{Walk, WalkRecorder};
use crate::attributes::Attributes;
use crate::clock::Clock;
use crate::evaluate::{Memory, evaluate};
use crate::evaluation::Evaluation;
use crate::feature::FeatureRef;
use crate::reason::EvaluationReason;
use crate::subject::Subject;
#[cfg(feature = "featbit")]
use crate::value::Kind;
use crate::value::Value;

/// The result of one evaluation of a flag of FeatBit or FeatureSignals with every step that led to it.
///
/// An explanation borrows nothing. It displays as text for people and serialises as its [`FlagReport`].
#[derive(Debug, Clone)]
pub struct FlagExplanation {
    /// The key of the flag.
    pub(crate) key: Box<str>,
    pub(crate) detail: Option<Arc<FeatureRecord>>,
    #[cfg(feature = "featbit")]
    pub(crate) kind: Option<Kind>,
    pub(crate) attributes: Option<Attributes>,
    pub(crate) value: Option<Value>,
    pub(crate) variant: Option<Box<str>>,
    pub(crate) reason: EvaluationReason,
    /// The share of exposures that count for experiments; `None` in systems without experiments.
    #[cfg(feature = "featbit")]
    pub(crate) exposure: Option<Exposure>,
    recorder: WalkRecorder,
    /// The function of the dialect that makes the report.
    report: fn(&Self) -> FlagReport,
}

/// The decision whether an exposure counts for experiments.
#[cfg(feature = "featbit")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Exposure {
    pub(crate) counts: bool,
    /// The largest bucket that counts; 0 if none counts.
    pub(crate) limit: f64,
    /// The bucket of a second hash; `None` if the limit alone decides.
    pub(crate) bucket: Option<f64>,
}

impl FlagExplanation {
    /// Evaluates a flag with the walk of ordinary evaluations, and records the steps.
    pub(crate) fn of<'a, C: Clock>(
        flag: FeatureRef<'a>,
        subject: &Subject<'a, C>,
        report: fn(&Self) -> FlagReport,
    ) -> (Self, Evaluation<'a>) {
        let tables = flag.tables();
        let mut recorder = WalkRecorder::default();
        let evaluation = match flag.head() {
            None => Evaluation::missing(tables),
            Some(head) => {
                let mut memory = Memory::<0>::new();
                let rows = tables.all_strategies(flag.position());
                let row = evaluate(flag.view(), head, rows, subject, &mut memory, &mut recorder);
                Evaluation::new(tables, head, row)
            }
        };
        let explanation = Self {
            key: flag.key().into(),
            detail: FeatureRecord::of_feature(flag),
            #[cfg(feature = "featbit")]
            kind: flag.kind(),
            attributes: subject.attributes().cloned(),
            value: evaluation.value().cloned(),
            variant: evaluation.variant().map(Box::from),
            reason: evaluation.reason(),
            #[cfg(feature = "featbit")]
            exposure: None,
            recorder,
            report,
        };
        (explanation, evaluation)
    }

    pub(crate) fn walk(&self) -> Walk {
        self.recorder.walk()
    }

    /// Returns the value of the evaluation, or `None` if there is none.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// Returns the id of the value among the values of the flag, or `None` if there is no value.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// Returns the reason why the evaluation has its value, such as a rule that matched.
    #[must_use]
    pub const fn reason(&self) -> EvaluationReason {
        self.reason
    }

    /// Returns the explanation as a [`FlagReport`], which programs can read field by field.
    #[must_use]
    pub fn report(&self) -> FlagReport {
        (self.report)(self)
    }
}

impl fmt::Display for FlagExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report().fmt(f)
    }
}

impl serde::Serialize for FlagExplanation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.report().serialize(serializer)
    }
}
