//! The reports of explanations of flags. The words come from the JSON of the flag, and the outcomes from the walk.

mod condition;
mod reporter;
mod segment;
mod share;

use serde_json::value::RawValue;

use super::experiment::EXPERIMENT;
use super::words::{KEY, word};
use crate::explanation::{
    ExposureReport, FlagExplanation, FlagReport, RowStep, StepKind, StepOutcome, StepReport, Walk,
};
use crate::json::{Record, Shape, Tree, mend, owned_text as text, records as list};
use crate::reason::EvaluationReason;
use crate::tables::NO_POSITION;
use crate::value::Kind;
use reporter::{Reporter, of_rule, outcome, token};

/// Returns the report of an explanation.
pub(super) fn report(explanation: &FlagExplanation) -> FlagReport {
    let detail = explanation.detail.as_deref();
    let json = detail.map_or(String::new(), |detail| mend(&detail.json).into_owned());
    let json: Box<RawValue> = serde_json::from_str(&json).unwrap_or_default();
    let tree = Tree::of(&json);
    let flag = tree.json().record().unwrap_or_default();
    let walk = explanation.walk();
    let reporter = Reporter {
        key: &explanation.key,
        flag: &flag,
        variations: list(&flag, "variations"),
        user: explanation.attributes.as_ref(),
        diagnostics: detail.map_or(&[], |detail| &detail.diagnostics),
    };
    let steps = reporter.steps(&walk);
    let variation = explanation.variant.as_deref();
    FlagReport {
        flag: reporter.key.to_string(),
        kind: explanation.kind.map(Kind::as_str),
        value: explanation.value.as_ref().map(|value| token(&value.to_string())),
        variant: variation.map(str::to_string),
        reason: word(explanation.reason),
        because: reporter.because(&walk, &steps),
        exposure: reporter.exposure(explanation, &steps, &walk),
        steps,
        diagnostics: reporter.diagnostics.to_vec(),
    }
}

impl Reporter<'_> {
    fn steps(&self, walk: &Walk) -> Vec<StepReport> {
        let mut rows = walk.rows.iter();
        let is_on = matches!(self.flag.boolean("isEnabled"), Shape::Is(true));
        let switch = match (is_on, rows.as_slice().first()) {
            (true, Some(_)) => {
                StepReport::of(StepKind::Switch, StepOutcome::Passed, "the flag is on")
            }
            (false, Some(row)) => {
                let variation = self.variation(self.flag, "disabledVariationId");
                let because = match variation.value {
                    Some(_) => "the flag is off".to_string(),
                    None => format!("the flag is off, and has no variation {:?}", variation.id),
                };
                StepReport {
                    value: variation.value,
                    variant: Some(variation.id),
                    ..StepReport::of(StepKind::Switch, outcome(row), because)
                }
            }
            (_, None) => StepReport::of(StepKind::Switch, StepOutcome::NotReached, "not reached"),
        };
        if !is_on {
            return vec![switch];
        }
        let mut steps = vec![switch];
        for (position, target) in (0..).zip(list(self.flag, "targetUsers")) {
            let report = self.target(&target, rows.next());
            steps.push(StepReport { position: Some(position), ..report });
        }
        let rest = rows.as_slice();
        for (position, rule) in (0..).zip(list(self.flag, "rules")) {
            let own: Vec<&RowStep> =
                rest.iter().filter(|step| step.row.position == position).collect();
            let diagnostics = of_rule(self.diagnostics, Some(position));
            let report = self.rule(StepKind::Rule, &rule, &own, &diagnostics);
            let name = text(&rule, "name");
            steps.push(StepReport { position: Some(position), name, ..report });
        }
        let own: Vec<&RowStep> =
            rest.iter().filter(|step| step.row.position == NO_POSITION).collect();
        let fallthrough = self.flag.record("fallthrough").unwrap_or_default();
        steps.push(self.rule(StepKind::Fallthrough, &fallthrough, &own, &[]));
        steps
    }

    fn target(&self, target: &Record<'_>, row: Option<&RowStep>) -> StepReport {
        let variation = self.variation(target, "variationId");
        let outcome = row.map_or(StepOutcome::NotReached, outcome);
        let key = self.property(KEY).unwrap_or_default();
        let count = target.list("keyIds").into_value().unwrap_or_default().count();
        let because = match outcome {
            StepOutcome::NotReached => "not reached".to_string(),
            StepOutcome::Malformed => {
                format!("names {key:?}, but the flag has no variation {:?}", variation.id)
            }
            StepOutcome::Match => format!("names {key:?}"),
            _ if count == 0 => "names no user".to_string(),
            _ => format!("does not name {key:?}"),
        };
        StepReport {
            value: variation.value,
            variant: Some(variation.id),
            ..StepReport::of(StepKind::Target, outcome, because)
        }
    }

    /// Returns the reason of the evaluation as a part of a sentence.
    fn because(&self, walk: &Walk, steps: &[StepReport]) -> String {
        if walk.rows.is_empty() {
            return match self.property(KEY) {
                None => format!("the user has no {KEY}"),
                Some(_) => format!("the {KEY} of the user is blank"),
            };
        }
        let decided = steps
            .iter()
            .find(|step| matches!(step.outcome, StepOutcome::Match | StepOutcome::Malformed));
        let Some(step) = decided else { return "no step decides".to_string() };
        match (step.step, step.outcome) {
            (StepKind::Switch, StepOutcome::Match) => step.because.clone(),
            (StepKind::Target, StepOutcome::Match) => format!("{} {}", step.title(), step.because),
            (StepKind::Rule, StepOutcome::Match) => format!("{} matches", step.title()),
            (StepKind::Fallthrough, StepOutcome::Match) => {
                let has = |kind| steps.iter().any(|step| step.step == kind);
                match (has(StepKind::Target), has(StepKind::Rule)) {
                    (true, true) => "no target and no rule matches",
                    (true, false) => "no target matches",
                    (false, true) => "no rule matches",
                    (false, false) => "the flag has neither targets nor rules",
                }
                .to_string()
            }
            _ => format!("{}: {}", step.title(), step.because),
        }
    }

    fn exposure(
        &self,
        explanation: &FlagExplanation,
        steps: &[StepReport],
        walk: &Walk,
    ) -> Option<ExposureReport> {
        let exposure = explanation.exposure?;
        explanation.value.as_ref()?;
        let (_, row) = walk.answer()?;
        let decided = steps.iter().find(|step| step.outcome == StepOutcome::Match)?;
        let all = matches!(self.flag.boolean("exptIncludeAllTargets"), Shape::Is(true));
        let title = match decided.step {
            StepKind::Fallthrough => "the fallthrough".to_string(),
            _ => decided.title(),
        };
        let input = exposure.bucket.map(|_| {
            let property = self.dispatch_property(decided);
            let given = self.property(&property).unwrap_or_default();
            [EXPERIMENT, self.key, given].concat()
        });
        let because = match (exposure.bucket, &input) {
            (Some(bucket), Some(input)) => {
                let relation = if exposure.counts { "within" } else { "beyond" };
                format!("{input:?} falls into bucket {bucket}, {relation} {}", exposure.limit)
            }
            _ if row.row.reason == EvaluationReason::Off => "the flag is off".to_string(),
            _ if all => "the flag includes all users".to_string(),
            _ if exposure.counts => format!("{title} includes all of its users"),
            _ if decided.step == StepKind::Target => {
                "the flag does not include users of targets".to_string()
            }
            _ if self.is_included(decided) => format!("{title} includes none of its users"),
            _ => format!("{title} is not part of an experiment"),
        };
        Some(ExposureReport {
            counts: exposure.counts,
            because,
            input,
            bucket: exposure.bucket,
            limit: exposure.limit,
        })
    }

    /// Returns the rule or the fallthrough of a step.
    fn record_of(&self, step: &StepReport) -> Record<'_> {
        match step.position {
            Some(position) => {
                let rules = list(self.flag, "rules");
                rules.into_iter().nth(position as usize).unwrap_or_default()
            }
            None => self.flag.record("fallthrough").unwrap_or_default(),
        }
    }

    fn is_included(&self, step: &StepReport) -> bool {
        matches!(self.record_of(step).boolean("includedInExpt"), Shape::Is(true))
    }

    fn dispatch_property(&self, step: &StepReport) -> String {
        share::dispatch_property(&self.record_of(step))
    }
}
