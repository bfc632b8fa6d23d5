//! Details of reads in JSON.

use fh_client::{Detail, Kind, Source};
use serde_json::{Value, json};

use super::value::JsonValue;

/// Returns all members of a detail.
#[must_use]
pub fn detail(detail: &Detail) -> Value {
    let properties =
        detail.properties().into_iter().map(|(name, value)| (name, Value::from(value)));
    json!({
        "key": detail.key,
        "value": JsonValue::from(detail.value.as_ref()),
        "kind": detail.kind.map(Kind::as_str),
        "reason": detail.reason.as_str(),
        "strategyId": detail.strategy_id,
        "interceptor": detail.interceptor.as_deref(),
        "exists": detail.exists,
        "version": detail.version,
        "id": detail.id,
        "environment": detail.environment.as_deref(),
        "isLocked": detail.is_locked,
        "isStale": detail.is_stale,
        "source": detail.source.as_ref().map(Source::as_str),
        "generation": detail.generation,
        "properties": properties.collect::<serde_json::Map<_, _>>(),
    })
}
