//! The operations of compiled features.

use std::time::{SystemTime, UNIX_EPOCH};

use fh_client::{System, Timestamp};
use fh_eval::{Evaluation, FeatureRef, Kind, Ruleset, Subject};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Failure};
use super::context::{Given, attributes};
use super::value::JsonValue;
use super::value::kind_named;

/// A request for compiled features. The variants have the names of their functions.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Request {
    Keys,
    Diagnostics,
    /// With a kind, only a value of this type is a value.
    Evaluate {
        key: String,
        kind: Option<String>,
        context: Option<Given>,
        now_millis: Option<i64>,
    },
    Explain {
        key: String,
        context: Option<Given>,
        now_millis: Option<i64>,
    },
}

pub(super) fn perform(rules: &Ruleset, request: &str) -> Answer {
    Ok(match serde_json::from_str(request)? {
        Request::Keys => rules.iter().map(|feature| feature.key()).collect(),
        Request::Diagnostics => rules.diagnostics().map(ToString::to_string).collect(),
        Request::Evaluate { key, kind, context, now_millis } => {
            let kind = kind.map(|name| kind_named(&name)).transpose()?;
            with(rules, &key, context.as_ref(), now_millis, |feature, subject| {
                evaluation(feature, &feature.evaluate(subject), kind)
            })?
        }
        Request::Explain { key, context, now_millis } => {
            with(rules, &key, context.as_ref(), now_millis, |feature, subject| {
                json!(feature.explain(subject).to_string())
            })?
        }
    })
}

/// Calls a function with a feature and the subject of an evaluation.
fn with<R>(
    rules: &Ruleset,
    key: &str,
    context: Option<&Given>,
    now: Option<i64>,
    call: impl FnOnce(FeatureRef<'_>, &Subject<'_, Timestamp>) -> R,
) -> Result<R, Failure> {
    let feature = rules.get(key);
    let feature = feature.ok_or_else(|| Failure::invalid(format!("there is no feature {key}")))?;
    let now = now.map_or_else(present_time, Timestamp::from_millis);
    Ok(match context {
        None => call(feature, &Subject::without_context(now)),
        Some(own) => call(feature, &Subject::new(&attributes(own, System::FeatureHub), now)),
    })
}

fn present_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn evaluation(feature: FeatureRef<'_>, evaluation: &Evaluation<'_>, kind: Option<Kind>) -> Value {
    let (value, reason) = match kind {
        Some(kind) => evaluation.read(kind),
        None => (evaluation.value(), evaluation.reason()),
    };
    // A read of another type does not tell which strategy matched.
    let is_of_kind = kind.is_none_or(|kind| feature.kind() == Some(kind));
    let properties = feature.properties().into_iter();
    let properties = properties.map(|(name, value)| (name.into_owned(), Value::from(&*value)));
    json!({
        "key": feature.key(),
        "value": JsonValue::from(value),
        "kind": feature.kind().map(Kind::as_str),
        "reason": reason.as_str(),
        "isSet": evaluation.is_set(),
        "strategyId": evaluation.strategy_id().filter(|_| is_of_kind),
        "strategyPosition": evaluation.strategy_position().filter(|_| is_of_kind),
        "isLocked": feature.is_locked(),
        "version": feature.version(),
        "properties": properties.collect::<serde_json::Map<_, _>>(),
    })
}
