//! The forms of values, details and events in a sequence.

use fh_eval::{Attributes, Value as FeatureValue};
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::publication::{RawKind, RawUpdate};
use fh_repository::source::Source;
use fh_repository::status::SessionStatus;
use fh_repository::system::System;
use fh_repository::{Counters, Detail, UsageEvent, UsageSummary, UsedFeature};
use serde_json::{Value, json};

use crate::known::STAGES;

pub(crate) fn value(value: Option<&FeatureValue>) -> Value {
    match value {
        None => Value::Null,
        Some(FeatureValue::Bool(value)) => json!(value),
        Some(FeatureValue::Number(number)) => json!(["n", number.as_str()]),
        Some(FeatureValue::Text(text)) => json!(["t", **text]),
        Some(FeatureValue::Json(text)) => json!(["j", **text]),
        Some(other) => panic!("a new kind of value: {other}"),
    }
}

/// Returns a double. JSON has no infinities, so they are texts.
pub(crate) fn double(number: Option<f64>) -> Value {
    match number {
        Some(number) if number.is_finite() => json!(number),
        Some(number) => json!(format!("{number}")),
        None => Value::Null,
    }
}

pub(crate) fn detail(detail: &Detail) -> Value {
    json!({
        "key": detail.key,
        "value": value(detail.value.as_ref()),
        "kind": detail.kind.map(fh_eval::Kind::as_str),
        "reason": detail.reason.as_str(),
        "strategyId": detail.strategy_id,
        "interceptor": detail.interceptor.as_deref(),
        "exists": detail.exists,
        "version": detail.version,
        "id": detail.id,
        "environment": detail.environment.as_deref(),
        "isLocked": detail.is_locked,
        "source": detail.source.as_ref().map(source),
        "isStale": detail.is_stale,
        "generation": detail.generation,
        "variant": detail.variant(),
        "properties": detail.properties(),
    })
}

pub(crate) fn source(source: &Source) -> Value {
    match source {
        Source::Store(name) => json!({"kind": "store", "name": **name}),
        other => json!({"kind": other.as_str()}),
    }
}

/// Returns a problem as TypeScript writes it.
pub(crate) fn problem(problem: &Problem) -> Value {
    let code = problem.as_str();
    match problem {
        Problem::Unauthorised(status)
        | Problem::ServerError(status)
        | Problem::UnexpectedStatus(status) => json!({"code": code, "status": status}),
        Problem::Failure(text)
        | Problem::ContentType(text)
        | Problem::Malformed(text)
        | Problem::Unreachable(text)
        | Problem::Tls(text) => json!({"code": code, "text": text}),
        Problem::TooLarge(limit) => json!({"code": code, "limit": limit}),
        Problem::TimedOut(stage) => {
            let named = STAGES.iter().find(|(_, known)| known == stage);
            json!({"code": code, "stage": named.map(|(name, _)| name)})
        }
        Problem::Context(many) => json!({"code": code, "attributes": many.0}),
        _ => json!({"code": code}),
    }
}

pub(crate) fn status(status: &SessionStatus) -> Value {
    json!({
        "readiness": status.readiness.as_str(),
        "connection": status.connection.as_str(),
        "problem": status.problem.as_ref().map(problem),
        "source": status.source.as_ref().map(source),
        "isStale": status.is_stale,
        "isWithheld": status.is_withheld,
        "requests": status.requests,
        "text": status.problem.as_ref().map(|it| it.on(System::FeatureHub).to_string()),
    })
}

pub(crate) fn raw(update: &RawUpdate) -> Value {
    let kind = match update.kind {
        RawKind::List => "list",
        RawKind::Feature => "feature",
        RawKind::Delete => "delete",
    };
    json!({"source": update.source.as_str(), "environment": update.environment.as_deref(), "kind": kind,
        "json": *update.json})
}

/// Returns the text of a notice, whose functions have the names of TypeScript.
pub(crate) fn text(notice: &Notice) -> String {
    notice.to_string().replace("`set_context`", "`setContext`")
}

pub(crate) fn notice(notice: &Notice) -> Value {
    let text = text(notice);
    json!({"kind": notice.as_str(), "text": text})
}

pub(crate) fn context(attributes: &Attributes) -> Value {
    attributes.iter().map(|(name, values)| json!([name, values.collect::<Vec<_>>()])).collect()
}

fn used(feature: &UsedFeature) -> Value {
    json!([
        *feature.key,
        feature.id.as_deref(),
        feature.environment.as_deref(),
        feature.kind.map(fh_eval::Kind::as_str),
        value(feature.value.as_ref()),
        feature.strategy_id.as_deref(),
        feature.version,
        feature.text().as_deref(),
    ])
}

pub(crate) fn event(event: &UsageEvent) -> Value {
    let (features, reason, interceptor) = match event {
        UsageEvent::Evaluated(event) => {
            (vec![used(&event.feature)], Some(event.reason.as_str()), event.interceptor.as_deref())
        }
        UsageEvent::Collection(event) => (event.features.iter().map(used).collect(), None, None),
        UsageEvent::Named(event) => (event.features.iter().map(used).collect(), None, None),
        _ => panic!("a new kind of event"),
    };
    json!({
        "name": event.name(),
        "features": features,
        "reason": reason,
        "interceptor": interceptor,
        "context": event.attributes().map(|attributes| context(attributes)),
        "user": event.user_key(),
        "at": event.at().as_millis(),
        "record": event.record(),
    })
}

pub(crate) fn summary(summary: &UsageSummary) -> Value {
    // Counts with the same key, text and strategy come in any order.
    let mut counts: Vec<String> = summary
        .counts
        .iter()
        .map(|count| json!([used(&count.feature), count.count]).to_string())
        .collect();
    counts.sort_unstable();
    let keys: Vec<&str> = summary.counts.iter().map(|count| &*count.feature.key).collect();
    json!({"from": summary.from.as_millis(), "until": summary.until.as_millis(), "counts": counts.len(), "keys": keys,
        "sorted": counts.iter().map(|count| serde_json::from_str(count).unwrap()).collect::<Vec<Value>>(),
        "uncounted": summary.uncounted})
}

pub(crate) fn counters(counters: &Counters) -> Value {
    json!({
        "listenerPanics": counters.listener_panics,
        "interceptorPanics": counters.interceptor_panics,
        "refusedOverrides": counters.refused_overrides,
        "observerPanics": counters.observer_panics,
        "droppedEvents": counters.dropped_events,
        "droppedUsage": counters.dropped_usage,
    })
}
