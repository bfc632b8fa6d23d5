//! The reports of explanations of flags. The words come from the JSON of the flag, and the outcomes from the walk.

mod before_rules;
mod condition;
mod rule;
mod share;

use serde_json::value::RawValue;

use super::words::word;
use crate::attributes::names::KEY;
use crate::attributes::{Attributes, Values};
use crate::diagnostic::Diagnostic;
use crate::explanation::{
    FeatureRecord, FlagExplanation, FlagReport, RowStep, StepKind, StepOutcome, StepReport, Walk,
};
use crate::json::generic::{Writing, write};
use crate::json::{Record, Shape, Token, Tree, mend, owned_text as text, records as list};
use crate::reason::EvaluationReason;
use crate::value::{Kind, Value};

/// Returns the report of an explanation.
pub(super) fn report(explanation: &FlagExplanation) -> FlagReport {
    let Some(detail) = explanation.detail.as_deref() else {
        return missing();
    };
    let context = explanation.attributes.as_ref();
    let flag = Flag { key: &explanation.key, detail, context, depth: 0 };
    let (value, variant) = (explanation.value.as_ref(), explanation.variant.as_deref());
    flag.report(&explanation.walk(), value, variant, explanation.reason)
}

/// Returns the report of a flag that does not exist.
fn missing() -> FlagReport {
    FlagReport {
        flag: String::new(),
        kind: None,
        value: None,
        variant: None,
        reason: word(EvaluationReason::NotFound),
        because: "there is no such flag".to_string(),
        steps: Vec::new(),
        exposure: None,
        diagnostics: Vec::new(),
    }
}

/// A flag that was evaluated, for itself or as a prerequisite.
#[derive(Clone, Copy)]
struct Flag<'a> {
    key: &'a str,
    detail: &'a FeatureRecord,
    context: Option<&'a Attributes>,
    /// Number of flags around it of which it is a prerequisite.
    depth: u32,
}

/// The JSON of a flag and of its state.
struct Records<'a> {
    flag: Record<'a>,
    /// `None` if the flag has no state in the environment.
    state: Option<Record<'a>>,
}

/// The parts from which the steps of a report are made.
struct Reporter<'a> {
    key: &'a str,
    context: Option<&'a Attributes>,
    depth: u32,
    records: Records<'a>,
    diagnostics: &'a [Diagnostic],
    rows: &'a [RowStep],
}

impl Flag<'_> {
    fn report(
        &self,
        walk: &Walk,
        value: Option<&Value>,
        variant: Option<&str>,
        reason: EvaluationReason,
    ) -> FlagReport {
        let json = mend(&self.detail.json);
        let json: Box<RawValue> = serde_json::from_str(&json).unwrap_or_default();
        let tree = Tree::of(&json);
        let both = tree.json().record().unwrap_or_default();
        let records =
            Records { flag: both.record("flag").unwrap_or_default(), state: both.record("state") };
        let kind = kind(&records.flag);
        let reporter = Reporter {
            key: self.key,
            context: self.context,
            depth: self.depth,
            records,
            diagnostics: &self.detail.diagnostics,
            rows: &walk.rows,
        };
        let steps = reporter.steps();
        FlagReport {
            flag: self.key.to_string(),
            kind,
            value: value.map(token),
            variant: variant.map(str::to_string),
            reason: word(reason),
            because: because(&steps),
            steps,
            exposure: None,
            diagnostics: self.detail.diagnostics.to_vec(),
        }
    }
}

/// Returns the name of the type of a flag.
fn kind(flag: &Record<'_>) -> Option<&'static str> {
    Some(match &**flag.text("flag_type").as_ref()? {
        "boolean" => Kind::Boolean.as_str(),
        "string" => Kind::String.as_str(),
        "number" => Kind::Number.as_str(),
        "json" => Kind::Json.as_str(),
        "ab" => "AB",
        _ => return None,
    })
}

/// Returns a value as a JSON token.
fn token(value: &Value) -> String {
    match value {
        Value::Text(text) => serde_json::to_string(text).unwrap_or_default(),
        value => value.to_string(),
    }
}

/// Returns the value in a member as a JSON token; `None` for null, and for a value that cannot be read.
fn value_of(record: &Record<'_>, member: &str) -> Option<String> {
    let raw = record.get(member).filter(|raw| raw.token() != Token::Null)?;
    write(raw.get(), Writing::Json).ok()
}

impl Reporter<'_> {
    /// Returns the value of an attribute; `None` if the context has none. Each context has a key, which may be empty.
    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.context.and_then(|context| context.get(name)).and_then(Values::first);
        found.or((name == KEY).then_some(""))
    }

    /// Returns the first row that has this property.
    fn row(&self, is_wanted: impl Fn(&RowStep) -> bool) -> Option<&RowStep> {
        self.rows.iter().find(|step| is_wanted(step))
    }

    fn steps(&self) -> Vec<StepReport> {
        let mut steps = Vec::new();
        let is_on = self.row(|step| step.row.reason != EvaluationReason::Off).is_some()
            || self.row(|step| step.is_due.is_some()).is_some();
        steps.extend(self.expiry());
        steps.push(self.switch());
        if !is_on {
            return steps;
        }
        steps.extend(self.group());
        steps.extend(self.prerequisites());
        for (position, rule) in self.rules_in_order() {
            let is_decided = steps.iter().any(decides);
            steps.push(self.rule(position, &rule, is_decided));
        }
        steps.extend(self.shares_of_flag());
        steps
    }

    /// Returns the value that contexts get for whom no other step decides: that of the state, if it is set.
    fn default_of_state(&self) -> Option<String> {
        match &self.records.state {
            Some(state) if state.get("default_value").is_some() => value_of(state, "default_value"),
            _ => value_of(&self.records.flag, "default_value"),
        }
    }
}

/// Returns true if a step decided.
fn decides(step: &StepReport) -> bool {
    step.outcome == StepOutcome::Match
}

/// Returns the reason of an evaluation as a part of a sentence.
fn because(steps: &[StepReport]) -> String {
    let Some(step) = steps.iter().find(|step| decides(step)) else {
        return "no step decides".to_string();
    };
    let has_rules = steps.iter().any(|step| step.step == StepKind::Rule);
    match step.step {
        StepKind::Rule => format!("{} matches", step.title()),
        StepKind::Fallthrough if steps.iter().any(|step| step.step == StepKind::Rollout) => {
            "no rule matches, and the rollout does not contain the bucket".to_string()
        }
        StepKind::Fallthrough if has_rules => "no rule matches".to_string(),
        StepKind::Fallthrough => "the flag has no rules".to_string(),
        _ => step.because.clone(),
    }
}

/// Returns true if a state says that the flag is on.
fn is_enabled(state: &Record<'_>) -> bool {
    matches!(state.boolean("enabled"), Shape::Is(true))
}
