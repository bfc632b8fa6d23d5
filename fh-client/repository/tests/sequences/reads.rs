//! The reads of a sequence.

use std::sync::Arc;

use fh_eval::{Attributes, Kind};
use fh_repository::RepositorySnapshot;
use serde_json::{Value, json};

use crate::shown;

/// Returns the answer of a read.
pub(crate) fn read(
    snapshot: &RepositorySnapshot,
    step: &Value,
    context: Option<&Arc<Attributes>>,
) -> Value {
    let key = step["key"].as_str().unwrap_or_default();
    match step["what"].as_str().unwrap() {
        "isEnabled" => json!(snapshot.is_enabled(key, context)),
        "boolean" => json!(snapshot.boolean(key, context)),
        "string" => json!(snapshot.string(key, context).as_deref()),
        "number" => shown::double(snapshot.number(key, context)),
        "decimal" => json!(snapshot.decimal(key, context).map(|number| number.as_str().to_owned())),
        "json" => json!(snapshot.json(key, context).as_deref()),
        "value" => shown::value(snapshot.value(key, context).as_ref()),
        "detail" => shown::detail(&snapshot.detail(key, context)),
        "detailAs" => {
            let kind = Kind::from_wire(step["kind"].as_str().unwrap()).unwrap();
            shown::detail(&snapshot.detail_as(key, context, kind))
        }
        "peek" => shown::detail(&snapshot.peek(key, context)),
        "isSet" => json!(snapshot.is_set(key, context)),
        "exists" => json!(snapshot.exists(key)),
        "keys" => json!(snapshot.keys()),
        "values" => snapshot.values(context).iter().map(shown::detail).collect(),
        "bootstrap" => json!(serde_json::to_string(&snapshot.values(context)).unwrap()),
        "eachValue" => {
            let mut values = Vec::new();
            snapshot.for_each_value(context, |key, value| {
                values.push(json!([key, shown::value(value)]));
            });
            json!(values)
        }
        other => panic!("no such read: {other}"),
    }
}
