//! The reports of explanations of features: their strategies with their rules, as data and as text.

mod make;
mod text;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::diagnostic::Diagnostic;
use crate::explanation::Outcome;
use crate::reason::EvaluationReason;
use crate::time::Timestamp;

/// The report of one evaluation: the feature, the value and its reason, and every strategy with its outcome. JSON
/// tokens are copied from the payload, with `\ufffd` in place of each escape of a lone surrogate.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Key of the evaluated feature.
    pub feature: String,
    /// Name of the feature's type, such as `BOOLEAN`; `None` if the type is missing or unknown.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// True if the feature is locked, which restricts overrides by interceptors.
    pub locked: bool,
    /// The evaluated value, as the payload's JSON token; `None` if it is null or missing.
    #[serde(serialize_with = "token_or_null")]
    pub value: Option<String>,
    /// The reason why the evaluation has its value, such as a strategy that matched.
    pub reason: EvaluationReason,
    /// Id of the strategy that matched; `None` if no strategy matched or the matching strategy has no id.
    pub strategy_id: Option<String>,
    /// True if the subject has a context. Without a context, no strategy is evaluated.
    pub has_context: bool,
    /// The reports of all strategies, in the payload's order.
    pub strategies: Vec<StrategyReport>,
    /// The feature's value if no strategy matches, as a JSON token; `None` if it is null or missing.
    #[serde(serialize_with = "token_or_null")]
    pub default_value: Option<String>,
    /// The diagnostics of the feature; see [`FeatureRef::diagnostics`](crate::FeatureRef::diagnostics).
    pub diagnostics: Vec<Diagnostic>,
}

/// The report of one strategy: its settings, its outcome, and the reports of its rules.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StrategyReport {
    /// Id of the strategy; `None` if the strategy has no id that is a text.
    pub id: Option<String>,
    /// The feature's value if this strategy matches, as a JSON token; `None` if it is null or missing.
    #[serde(serialize_with = "token_or_null")]
    pub value: Option<String>,
    /// The outcome of the strategy: a match, or the reason why the strategy did not match.
    pub outcome: Outcome,
    /// Percentage of the strategy, as a JSON token; `None` if the strategy has no percentage.
    #[serde(serialize_with = "token_or_null", skip_serializing_if = "Option::is_none")]
    pub percentage: Option<String>,
    /// The attributes that make up the percentage key; an empty list for the default percentage key. Elements that are
    /// not texts are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub percentage_attributes: Vec<String>,
    /// The percentage key: the hashed text without the id that follows it. `None` if no bucket was compared for this
    /// strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_key: Option<String>,
    /// The bucket of the percentage key, 0 to 999,999; `None` if no bucket was compared for this strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<u32>,
    /// The largest bucket that the strategy admits; `None` if no bucket was compared for this strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<i64>,
    /// The reports of the strategy's rules, in order. Rules after a failed rule are not evaluated.
    pub rules: Vec<RuleReport>,
}

/// The report of one rule: its settings, the supplied values, and its outcome.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleReport {
    /// The name of the attribute that the rule reads; `?` if the payload has no name. A name that is not a text is
    /// shown as JSON.
    pub field: String,
    /// The type of the rule, such as `NUMBER`; `?` if the payload has no type. A type that is not a text is shown as
    /// JSON.
    #[serde(rename = "type")]
    pub kind: String,
    /// The operator by which the rule compares the attribute with the rule's values, such as `EQUALS`; `?` if the
    /// payload has no operator. An operator that is not a text is shown as JSON.
    pub conditional: String,
    /// The rule's own values, with which the attribute's values are compared, as JSON tokens; `None` if the payload has
    /// no list of values.
    #[serde(serialize_with = "tokens_or_null")]
    pub wanted: Option<Vec<String>>,
    /// The values of the attribute in the context; `None` if the context has no such attribute or the subject has no
    /// context.
    pub given: Option<Vec<String>>,
    /// The time that the evaluation read first from the clock; `None` if this rule did not read the clock. Each rule
    /// that reads the clock reads it again, so a rule may have tested another time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Timestamp>,
    /// True if the rule held, false if the rule failed, `None` if the rule was not evaluated.
    pub held: Option<bool>,
    /// True if the rule failed and at least one of these conditions is true: a diagnostic says that the rule never
    /// holds; diagnostics say that all values that are not null are dropped; the rule ends at an unreadable value, and
    /// no value before it is usable; a supplied text is too long for a pattern; no supplied value looks like a value of the rule's type.
    /// The last condition is not checked for STARTS_WITH, ENDS_WITH and REGEX, nor without supplied values.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreadable: bool,
}

fn raw(token: &str) -> Box<RawValue> {
    RawValue::from_string(token.to_string()).unwrap_or_default()
}

fn token_or_null<S: Serializer>(token: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_deref().map(raw).serialize(serializer)
}

fn tokens_or_null<S: Serializer>(
    tokens: &Option<Vec<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    tokens
        .as_ref()
        .map(|tokens| tokens.iter().map(|token| raw(token)).collect::<Vec<_>>())
        .serialize(serializer)
}
