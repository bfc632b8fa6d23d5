//! Conversion of the document of a JSON feature to OpenFeature's structure.

use open_feature::{StructValue, Value};
use serde_json::Value as Json;

/// Converts the document of a JSON feature to a structure of OpenFeature. Members and elements of lists that are null are
/// left out, because OpenFeature has no null. Returns `None` if the document is not an object.
pub(crate) fn structure(document: Json) -> Option<StructValue> {
    match document {
        Json::Object(members) => {
            let fields = members.into_iter().filter_map(|(name, part)| Some((name, value(part)?)));
            Some(StructValue { fields: fields.collect() })
        }
        _ => None,
    }
}

fn value(part: Json) -> Option<Value> {
    Some(match part {
        Json::Null => return None,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::Array(items.into_iter().filter_map(value).collect()),
        object @ Json::Object(_) => Value::Struct(structure(object)?),
    })
}
