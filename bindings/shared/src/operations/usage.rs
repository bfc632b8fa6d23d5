//! Usage events in JSON.

use std::collections::BTreeMap;

use fh_client::{Attributes, Kind, UsageEvent, UsedFeature};
use serde_json::{Value, json};

use super::value::JsonValue;

/// Returns a usage event. It contains the attributes of the context, which are personal data.
pub(super) fn usage(event: &UsageEvent) -> Value {
    let (kind, features, reason, interceptor, params) = match event {
        UsageEvent::Evaluated(event) => (
            "evaluated",
            std::slice::from_ref(&event.feature),
            Some(event.reason.as_str()),
            event.interceptor.as_deref(),
            None,
        ),
        UsageEvent::Collection(event) => ("collection", &*event.features, None, None, None),
        UsageEvent::Named(event) => ("named", &*event.features, None, None, Some(&event.params)),
        _ => ("named", [].as_slice(), None, None, None),
    };
    json!({
        "kind": kind,
        "name": event.name(),
        "atMillis": event.at().as_millis(),
        "features": features.iter().map(used).collect::<Vec<_>>(),
        "reason": reason,
        "interceptor": interceptor,
        "params": params,
        "attributes": event.attributes().map(|own| attributes(own)),
        "userKey": event.user_key(),
    })
}

fn used(feature: &UsedFeature) -> Value {
    json!({
        "key": &*feature.key,
        "id": feature.id.as_deref(),
        "environment": feature.environment.as_deref(),
        "kind": feature.kind.map(Kind::as_str),
        "value": JsonValue::from(feature.value.as_ref()),
        "text": feature.text().as_deref(),
        "strategyId": feature.strategy_id.as_deref(),
        "version": feature.version,
    })
}

/// Returns attributes as names with lists of values.
pub(super) fn attributes(own: &Attributes) -> BTreeMap<&str, Vec<&str>> {
    own.iter().map(|(name, values)| (name, values.collect())).collect()
}
