//! Evaluates one feature and writes the result in the JSON form of OFREP.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fh_eval::{Attributes, EvaluationReason, Kind, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::api::body::NoBody;
use crate::evaluations::Refused;
use crate::serving::{Detail, EvaluatedBy, Published, ServedFeature, ViewKey};
use crate::state::Json;

/// The variant of an answer without a strategy id: the default value applies, or the strategy that matched has no id.
const DEFAULT: &str = "default";

#[derive(Debug, Serialize)]
pub(super) struct Evaluated<'a> {
    key: &'a str,
    value: Box<RawValue>,
    reason: &'static str,
    variant: Cow<'a, str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
}

/// An error in the JSON form of OFREP: the reason why there is no value.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    error_code: &'static str,
    error_details: String,
}

const NOT_FOUND: &str = "FLAG_NOT_FOUND";
const INTERNAL: &str = "the evaluation failed";

impl Failure {
    fn new(error_code: &'static str, error_details: String) -> Self {
        Self { key: None, error_code, error_details }
    }

    pub(super) fn not_found() -> Self {
        Self::new(NOT_FOUND, "there is no such feature, or the key may not read it".to_string())
    }

    pub(super) fn unreadable(why: &str) -> Self {
        Self::new("PARSE_ERROR", format!("the body is not an evaluation request: {why}"))
    }

    /// Returns the error for a body that was not read.
    pub(super) fn without_body(why: NoBody) -> Self {
        let code = if why == NoBody::TooLarge { "INVALID_CONTEXT" } else { "GENERAL" };
        Self::new(code, why.sentence().to_string())
    }

    pub(super) fn bad_path() -> Self {
        let why = "the key of the feature in the path is not UTF-8 once its percent sequences are decoded";
        Self::new("PARSE_ERROR", why.to_string())
    }

    fn no_value() -> Self {
        Self::new(NOT_FOUND, "the feature has no value".to_string())
    }

    pub(super) fn bad_context(why: &str) -> Self {
        Self::new("INVALID_CONTEXT", why.to_string())
    }

    /// Returns the error for a request whose context or evaluation exceeds its limit.
    pub(super) fn refused(refused: Refused) -> Self {
        let code = match refused {
            Refused::ContextTooLarge(_) => "INVALID_CONTEXT",
            Refused::TooMuchWork => "GENERAL",
        };
        Self::new(code, refused.sentence())
    }

    /// Returns the error for an evaluation that gave no result, because it panicked or because the runtime shuts down.
    pub(super) fn internal() -> Self {
        Self::new("GENERAL", INTERNAL.to_string())
    }

    pub(super) fn is_internal(&self) -> bool {
        self.error_details == INTERNAL
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.error_code == NOT_FOUND
    }

    /// Returns this error with the key of the requested feature added.
    pub(super) fn for_key(self, key: &str) -> Self {
        Self { key: Some(key.to_string()), ..self }
    }
}

/// Evaluates a feature for these attributes, also for clients with client-evaluated keys, since OFREP always evaluates on the server.
/// Returns an error if the feature was not compiled or has no value for these attributes. Also returns an error if the feature has another
/// type than STRING and its value is a text that is not JSON. `key` is that of the view: it says which metadata the answer shows, and whether
/// another Edge evaluated the feature, so that the reason is not known.
pub(super) fn evaluate<'a>(
    published: &'a Published,
    feature: &'a ServedFeature,
    attributes: &'a Attributes,
    now: Timestamp,
    key: &ViewKey,
) -> Result<Evaluated<'a>, Failure> {
    static NOTHING: BTreeMap<String, String> = BTreeMap::new();
    let evaluation = published.evaluate(feature, attributes, now);
    let evaluation = evaluation.ok_or_else(Failure::not_found)?;
    let token = match evaluation.strategy_position() {
        Some(position) => feature.strategy_values.get(position).and_then(Option::as_deref),
        None => feature.value.as_ref().map(Json::as_str),
    };
    let token = token.ok_or_else(Failure::no_value)?;
    let reason = match evaluation.reason() {
        _ if key.evaluated_by == EvaluatedBy::Upstream => "UNKNOWN",
        _ if feature.applied.is_some() => "TARGETING_MATCH",
        EvaluationReason::StrategyMatch => "TARGETING_MATCH",
        EvaluationReason::Split => "SPLIT",
        EvaluationReason::Default => "DEFAULT",
        EvaluationReason::Static => "STATIC",
        _ => "UNKNOWN",
    };
    let strategy = match evaluation.is_match() {
        true => evaluation
            .strategy_position()
            .and_then(|position| feature.strategy_id(position, evaluation.strategy_id())),
        false => feature.applied.as_deref(),
    };
    let variant = Cow::Borrowed(strategy.unwrap_or(DEFAULT));
    Ok(Evaluated {
        key: &feature.key,
        value: typed(feature.kind, token)?,
        reason,
        variant,
        metadata: if key.detail == Detail::Extended { &feature.properties } else { &NOTHING },
    })
}

/// Returns the JSON of a feature's value for an OFREP answer. If the value of a JSON, number or boolean feature is a text, returns the JSON
/// inside the text, or an error if the text is not valid JSON. A feature whose JSON is null has no value. Any other value is returned
/// unchanged.
fn typed(kind: Kind, token: &str) -> Result<Box<RawValue>, Failure> {
    let text = serde_json::from_str::<Cow<'_, str>>(token);
    let json = match (kind, text) {
        (Kind::Json | Kind::Number | Kind::Boolean, Ok(text)) => {
            RawValue::from_string(text.trim().to_string())
        }
        (_, _) => RawValue::from_string(token.to_string()),
    };
    let json = json.map_err(|_| {
        Failure::new("PARSE_ERROR", format!("the feature's value is not a valid {kind}"))
    })?;
    // A program would get null in place of its own default.
    if json.get() == "null" { Err(Failure::no_value()) } else { Ok(json) }
}

/// The reason why the evaluation context of a request cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    Failure(Failure),
    Refused(Refused),
}

impl From<Failure> for Unusable {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}
