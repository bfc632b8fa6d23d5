//! Explanations: the evaluator records its steps, and a dialect makes a report from the recorded steps afterwards.

#[cfg(feature = "first-row")]
mod flag;
#[cfg(feature = "first-row")]
mod flag_report;
#[cfg(feature = "first-row")]
mod flag_text;
mod line;
mod record;
#[cfg(feature = "first-row")]
mod walk;

#[cfg(feature = "first-row")]
pub use flag::FlagExplanation;
#[cfg(feature = "first-row")]
pub use flag_report::{
    BucketReport, ConditionReport, ExposureReport, FlagReport, MemberReport, PrerequisiteReport,
    SegmentReport, ShareReport, StepKind, StepOutcome, StepReport,
};
pub use line::{Line, Mark};

#[cfg(feature = "featbit")]
pub(crate) use flag::Exposure;
pub(crate) use line::write as write_lines;
pub(crate) use record::FeatureRecord;
#[cfg(feature = "first-row")]
pub(crate) use walk::{BEYOND_LIMIT, Nested, RowStep, RuleStep as WalkedRule, Walk};

use std::sync::Arc;

use serde::Serialize;

use crate::attributes::Attributes;
use crate::clock::Clock;
use crate::evaluate::{Memory, evaluate};
use crate::evaluation::Evaluation;
use crate::feature::FeatureRef;
use crate::predicate::Run;
use crate::reason::EvaluationReason;
use crate::subject::Subject;
use crate::tables::{Mode, Share, Tables};
use crate::time::Timestamp;
#[cfg(feature = "first-row")]
use crate::trace::NoTrace;
use crate::trace::Tracer;
use crate::value::{Kind, Value};

/// The outcome of a strategy in one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Outcome {
    /// The strategy matched, so its value is the value of the evaluation.
    Match,
    /// The bucket is above the largest bucket that the strategy admits, or the strategy has neither rules nor a
    /// percentage other than 0.
    PercentageMiss,
    /// The strategy has a percentage, but the context has no percentage key.
    NoPercentageKey,
    /// A rule of the strategy did not hold.
    AttributeMiss,
    /// The strategy is unusable, for example because it could not be read, or the rule that failed is
    /// [`unreadable`](crate::RuleReport::unreadable).
    Invalid,
    /// An earlier strategy matched, or the subject has no context.
    NotReached,
}

/// The result of one evaluation with every step that led to it.
///
/// An explanation borrows nothing. It displays as text for people and serialises as its [`Report`](crate::Report).
///
/// ```
/// use fh_eval::{Attributes, Profile, Ruleset, Subject, Timestamp};
/// let features = br#"[{"id": "7a0b", "key": "BETA", "type": "BOOLEAN", "value": false, "strategies": [
///     {"id": "gold", "value": true, "attributes": [
///         {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]}]}]"#;
/// let ruleset = Ruleset::from_json(features, Profile::Client)?;
/// let fred = Attributes::builder().user_key("fred").attribute("plan", "silver").build();
/// let explanation = ruleset.get("BETA").unwrap().explain(&Subject::new(&fred, Timestamp::from_millis(0)));
/// let text = explanation.to_string();
/// assert!(text.contains("plan EQUALS [\"gold\"]") && text.contains("given \"silver\""), "{text}");
/// # Ok::<(), fh_eval::featurehub::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The key of the feature.
    pub(crate) key: Box<str>,
    pub(crate) detail: Option<Arc<FeatureRecord>>,
    pub(crate) kind: Option<Kind>,
    pub(crate) session: &'static str,
    pub(crate) attributes: Option<Attributes>,
    pub(crate) value: Option<Value>,
    pub(crate) reason: EvaluationReason,
    pub(crate) steps: Vec<Step>,
    pub(crate) rules: Vec<RuleStep>,
    pub(crate) now: Option<Timestamp>,
}

/// A strategy that the evaluator reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) position: u32,
    pub(crate) outcome: Outcome,
    /// The bucket, and the largest bucket that the strategy admits; `None` if the two were not compared.
    pub(crate) drawn: Option<(u32, i64)>,
    /// The rules that were evaluated, as a range of [`Explanation::rules`].
    pub(crate) rules: Run,
}

/// A rule that was evaluated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuleStep {
    pub(crate) index: u32,
    pub(crate) held: bool,
    pub(crate) read_clock: bool,
}

impl FeatureRef<'_> {
    /// Evaluates the feature with the same code as [`Self::evaluate`] and records how each strategy that it reaches was
    /// decided. A flag of FeatBit has no strategies; `featbit::explain` explains it.
    #[must_use]
    pub fn explain<C: Clock>(&self, subject: &Subject<'_, C>) -> Explanation {
        Explanation::of(*self, subject)
    }
}

impl Explanation {
    fn of<C: Clock>(feature: FeatureRef<'_>, subject: &Subject<'_, C>) -> Self {
        let tables = feature.tables();
        let mut recorder = Recorder::new(tables);
        let mut row = None;
        if let Some(head) = feature.head() {
            recorder.mode = head.mode;
            let all = tables.all_strategies(feature.position());
            row = match head.mode {
                // A dialect explains these flags with their rows.
                #[cfg(feature = "first-row")]
                Mode::FirstRow | Mode::FirstRowManyRules => evaluate(
                    feature.view(),
                    head,
                    all,
                    subject,
                    &mut Memory::<0>::new(),
                    &mut NoTrace,
                ),
                _ => evaluate(
                    feature.view(),
                    head,
                    all,
                    subject,
                    &mut Memory::<0>::new(),
                    &mut recorder,
                ),
            };
        }
        let evaluation = feature
            .head()
            .map_or_else(|| Evaluation::missing(tables), |head| Evaluation::new(tables, head, row));
        Self {
            key: feature.key().into(),
            detail: FeatureRecord::of_feature(feature),
            kind: feature.kind(),
            session: feature.head().and_then(|head| head.session.text()).unwrap_or("session"),
            attributes: subject.attributes().cloned(),
            value: evaluation.value().cloned(),
            reason: evaluation.reason(),
            steps: recorder.steps,
            rules: recorder.rules,
            now: recorder.now,
        }
    }

    /// Returns the value of the evaluation, or `None` if the value is null.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// Returns the reason why the evaluation has its value, such as a strategy that matched.
    #[must_use]
    pub const fn reason(&self) -> EvaluationReason {
        self.reason
    }
}

/// A tracer that records the steps of an evaluation.
struct Recorder<'a> {
    tables: &'a Tables,
    mode: Mode,
    row: u32,
    /// Sum of the percentages of the stacked strategies whose buckets were compared so far. Used only for features with
    /// one percentage key, for which the evaluator itself reads constant limits.
    base: i64,
    steps: Vec<Step>,
    rules: Vec<RuleStep>,
    now: Option<Timestamp>,
}

impl<'a> Recorder<'a> {
    fn new(tables: &'a Tables) -> Self {
        Self {
            tables,
            mode: Mode::Static,
            row: 0,
            base: 0,
            steps: Vec::new(),
            rules: Vec::new(),
            now: None,
        }
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(step) = self.steps.last_mut() {
            step.outcome = outcome;
        }
    }
}

impl Tracer for Recorder<'_> {
    fn strategy(&mut self, row: u32) {
        self.row = row;
        let position = self.tables.details.get(row as usize).map_or(0, |detail| detail.position);
        let rules = Run { at: self.rules.len() as u32, len: 0 };
        self.steps.push(Step { position, outcome: Outcome::PercentageMiss, drawn: None, rules });
    }

    fn unusable(&mut self) {
        self.end(Outcome::Invalid);
    }

    fn no_key(&mut self) {
        self.end(Outcome::NoPercentageKey);
    }

    fn bucket(&mut self, bucket: u32, limit: i64) {
        let mut exact = limit;
        if self.mode != Mode::SeveralKeys
            && let (Some(strategy), Some(detail)) = (
                self.tables.strategies.get(self.row as usize),
                self.tables.details.get(self.row as usize),
            )
        {
            // Constant limits are clamped to the range of buckets. The limit before clamping is the percentage, or the
            // sum of percentages for a stacked strategy.
            exact = detail.percentage;
            if strategy.share == Share::Stacked {
                self.base = self.base.saturating_add(detail.percentage);
                exact = self.base;
            }
        }
        if let Some(step) = self.steps.last_mut() {
            step.drawn = Some((bucket, exact));
        }
    }

    fn rule(&mut self, index: u32, now: Option<Timestamp>, held: bool) {
        self.now = self.now.or(now);
        self.rules.push(RuleStep { index, held, read_clock: now.is_some() });
        if let Some(step) = self.steps.last_mut() {
            step.rules.len += 1;
            if !held {
                step.outcome = Outcome::AttributeMiss;
            }
        }
    }

    fn matched(&mut self) {
        self.end(Outcome::Match);
    }
}
