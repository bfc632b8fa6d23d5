//! The form of the reports of flags: their switches, lists of users, rules and shares. All systems but FeatureHub share it.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::diagnostic::Diagnostic;

/// The report of one evaluation of a flag: its value, the reason, and every step with its outcome.
///
/// Values are JSON tokens. A value of FeatBit, which is always a text, is shown as a JSON string.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlagReport {
    /// Key of the flag.
    pub flag: String,
    /// Name of the flag's type, such as `BOOLEAN`; `None` if the type is missing or unknown.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// The value, as a JSON token; `None` if there is none.
    #[serde(serialize_with = "token_or_null")]
    pub value: Option<String>,
    /// The id of the value among the values of the flag; `None` if the value has no id.
    pub variant: Option<String>,
    /// The reason of the evaluation in the word of the system, such as `RuleMatch`.
    pub reason: &'static str,
    /// The step that decided, as a part of a sentence, such as `rule 2 (Beta users) matches`.
    pub because: String,
    /// The steps of the evaluation, in their order. Steps after the one that decided are not reached.
    pub steps: Vec<StepReport>,
    /// The decision whether the exposure counts for experiments; `None` in systems without experiments, and without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<ExposureReport>,
    /// The diagnostics of the flag.
    pub diagnostics: Vec<Diagnostic>,
}

/// The kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum StepKind {
    /// The time after which the flag is off (FeatureSignals).
    Expiry,
    /// The switch that turns the flag on or off.
    Switch,
    /// The group of flags, of which each user gets one (FeatureSignals).
    Group,
    /// The flags that must be on (FeatureSignals).
    Prerequisites,
    /// A list of users with one value (FeatBit).
    Target,
    /// A list of users of a segment who are in it, or who are not (FeatBit).
    Members,
    /// A rule, which has conditions.
    Rule,
    /// The share of all users who get the value of the environment (FeatureSignals).
    Rollout,
    /// The variants of a flag with several values (FeatureSignals).
    Variants,
    /// The value of users for whom no step before it decides.
    Fallthrough,
}

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum StepOutcome {
    /// The step decided.
    Match,
    /// The target, the rule or the share is not for the user, so the next step was evaluated.
    Miss,
    /// The flag is on, not expired, chosen by its group, or has its prerequisites, so the next step was evaluated.
    Passed,
    /// The step cannot be evaluated, so the flag has no value.
    Malformed,
    /// A step before this one decided.
    NotReached,
}

/// The report of one step: its settings and its outcome.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// The kind of the step.
    pub step: StepKind,
    /// Position of the target or the rule in its list, from 0; `None` for steps without a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// Name of the rule; `None` if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The outcome of the step.
    pub outcome: StepOutcome,
    /// The reason of the outcome, as a part of a sentence.
    pub because: String,
    /// The value that users get who match the step, as a JSON token; `None` if it depends on the bucket or there is none.
    #[serde(serialize_with = "token_or_null", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The id of this value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The reports of the step's conditions, in order. Conditions after one that fails are not evaluated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionReport>,
    /// The flags of the group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberReport>,
    /// The prerequisites that were evaluated, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prerequisites: Vec<PrerequisiteReport>,
    /// The hash of the user; `None` if no bucket was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<BucketReport>,
    /// The shares of users with their values, in order, if the step has several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<ShareReport>,
}

impl StepReport {
    /// Returns a step without details.
    pub(crate) fn of(step: StepKind, outcome: StepOutcome, because: impl Into<String>) -> Self {
        Self {
            step,
            position: None,
            name: None,
            outcome,
            because: because.into(),
            value: None,
            variant: None,
            conditions: Vec::new(),
            members: Vec::new(),
            prerequisites: Vec::new(),
            bucket: None,
            shares: Vec::new(),
        }
    }
}

/// The report of one condition: its settings, the value of the user, and its outcome.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionReport {
    /// Name of the property that the condition reads. For FeatBit, it can be `User is in segment` or `User is not in segment`.
    pub property: String,
    /// The operator, such as `Equal`; empty for conditions on segments.
    pub operator: String,
    /// The value of the condition, as a JSON token; `None` if there is none.
    #[serde(serialize_with = "token_or_null")]
    pub wanted: Option<String>,
    /// The value of the user's property; `None` if the user has no such property.
    pub given: Option<String>,
    /// True if the condition held, false if it failed, `None` if it was not evaluated.
    pub held: Option<bool>,
    /// A note on the outcome, such as `unknown operator`, or the reason why the condition cannot be evaluated; `None` if the values
    /// alone say why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The segments that were evaluated for the condition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentReport>,
}

/// The report of one segment.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentReport {
    /// Id or key by which the condition names the segment.
    pub id: String,
    /// Name of the segment; `None` if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// True if the user is in the segment; `None` if the segment cannot be evaluated.
    pub is_member: Option<bool>,
    /// The list or the rule that decided, as a part of a sentence.
    pub because: String,
    /// The rules that were evaluated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<StepReport>,
}

/// The hash of a user.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BucketReport {
    /// The property that is hashed after the key of the flag.
    pub property: String,
    /// The value of this property; `None` if the user has no such property.
    pub given: Option<String>,
    /// The text that is hashed.
    pub input: String,
    /// The bucket: from 0 to 1 in FeatBit, from 0 to 9,999 in FeatureSignals.
    #[serde(serialize_with = "number")]
    pub bucket: f64,
}

/// A share of users with one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareReport {
    /// The first bucket of the share; `None` if it cannot be read.
    #[serde(serialize_with = "number_or_null")]
    pub from: Option<f64>,
    /// The end of the share; `None` if it cannot be read.
    #[serde(serialize_with = "number_or_null")]
    pub to: Option<f64>,
    /// True if the bucket `to` is a part of the share.
    #[serde(skip)]
    pub is_closed: bool,
    /// The value of the share, as a JSON token; `None` if there is none.
    #[serde(serialize_with = "token_or_null")]
    pub value: Option<String>,
    /// The id of this value.
    pub variant: Option<String>,
    /// True if the share contains the bucket, false if not, `None` if the bucket was not compared with it.
    pub contains: Option<bool>,
    /// The reason why the share can contain no bucket; `None` if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// A flag of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberReport {
    /// Key of the flag.
    pub flag: String,
    /// The bucket by which the group chooses.
    pub bucket: u32,
    /// True for the flag that the group chooses.
    pub is_winner: bool,
}

/// A flag that was evaluated as a prerequisite.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrerequisiteReport {
    /// Key of the flag.
    pub flag: String,
    /// True if the prerequisite is met.
    pub is_met: bool,
    /// The reason, as a part of a sentence.
    pub because: String,
    /// The report of the flag; `None` if it was not evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<FlagReport>>,
}

/// The decision whether an exposure counts for experiments.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExposureReport {
    /// True if the exposure counts.
    pub counts: bool,
    /// The reason, as a part of a sentence.
    pub because: String,
    /// The text that is hashed; `None` if no hash decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The bucket of this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<f64>,
    /// The largest bucket that counts.
    pub limit: f64,
}

fn token_or_null<S: Serializer>(token: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = token.as_ref().map(|token| RawValue::from_string(token.clone()).unwrap_or_default());
    raw.serialize(serializer)
}

/// Serialises a number, which is an integer if it has no fraction.
fn number<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

fn number_or_null<S: Serializer>(found: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match found {
        Some(found) => number(found, serializer),
        None => serializer.serialize_none(),
    }
}
