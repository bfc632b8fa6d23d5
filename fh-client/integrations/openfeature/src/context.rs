//! Conversion of OpenFeature's evaluation context to a context of the client.

use std::collections::BTreeMap;

use fh_client::{Client, Context, Timestamp};
use open_feature::{EvaluationContext, EvaluationContextFieldValue as Field, StructValue, Value};

/// The name of the targeting key as an attribute, if another field is the user key.
const TARGETING_KEY: &str = "targetingKey";
/// The number of structures, one inside the other, that are flattened. A structure inside the eighth is left out.
const MAX_LEVELS: usize = 8;

/// Converts an evaluation context. The targeting key becomes the user key of the client's system, unless the context has a value for this
/// attribute. A list becomes several values of one attribute, one JSON text for FeatBit, or a text such as `[a b]` for FeatureSignals. The
/// values in a structure become attributes with names such as `device.os`. A list in a list, a structure in a list, a number that is not
/// finite, and a structure of a type that is not OpenFeature's are left out.
pub(crate) fn converted(client: &Client, context: &EvaluationContext) -> Context {
    let fields: BTreeMap<_, _> = context
        .custom_fields
        .iter()
        .filter_map(|(name, field)| Some((name.as_str(), value(field)?)))
        .collect();
    let mut all = Flattened::default();
    for (name, value) in &fields {
        all.add((*name).to_string(), value);
    }
    if let Some(key) = &context.targeting_key {
        let user_key = client.system().user_key();
        let name = if all.0.contains_key(user_key) { TARGETING_KEY } else { user_key };
        all.add(name.to_string(), &Value::String(key.clone()));
    }
    for (name, value) in &fields {
        if let Value::Struct(structure) = value {
            all.flatten(&format!("{name}."), structure, 1);
        }
    }
    let builder = client.context();
    let attributes = all.0.iter().fold(builder, |builder, (name, texts)| match texts {
        Texts::One(text) => builder.attribute(name, text),
        Texts::List(items) => builder.attribute(name, items),
    });
    attributes.build()
}

/// Returns the value of a field, or `None` for a structure of a type that is not OpenFeature's.
fn value(field: &Field) -> Option<Value> {
    Some(match field {
        Field::Bool(value) => Value::Bool(*value),
        Field::Int(value) => Value::Int(*value),
        Field::Float(value) => Value::Float(*value),
        Field::String(value) => Value::String(value.clone()),
        Field::DateTime(moment) => {
            let millis = moment.unix_timestamp_nanos() / 1_000_000;
            let millis = i64::try_from(millis).unwrap_or(i64::MAX);
            Value::String(Timestamp::from_millis(millis).to_string())
        }
        Field::Struct(found) => {
            if let Some(texts) = found.downcast_ref::<Vec<String>>() {
                Value::Array(texts.iter().cloned().map(Value::String).collect())
            } else if let Some(values) = found.downcast_ref::<Vec<Value>>() {
                Value::Array(values.clone())
            } else if let Some(structure) = found.downcast_ref::<StructValue>() {
                Value::Struct(structure.clone())
            } else {
                found.downcast_ref::<Value>()?.clone()
            }
        }
    })
}

/// The attributes of an evaluation context. The first of equal names wins.
#[derive(Default)]
struct Flattened(BTreeMap<String, Texts>);

enum Texts {
    One(String),
    List(Vec<String>),
}

impl Flattened {
    /// Adds the values of a structure first, and then those of the structures in it, both in the order of their names.
    fn flatten(&mut self, prefix: &str, structure: &StructValue, level: usize) {
        let fields: BTreeMap<_, _> = structure.fields.iter().collect();
        for (name, value) in &fields {
            self.add(format!("{prefix}{name}"), value);
        }
        for (name, value) in &fields {
            if let Value::Struct(inner) = value
                && level < MAX_LEVELS
            {
                self.flatten(&format!("{prefix}{name}."), inner, level + 1);
            }
        }
    }

    /// Adds an attribute, unless it has no value or its name is taken.
    fn add(&mut self, name: String, value: &Value) {
        let texts = match value {
            Value::Array(items) => Texts::List(items.iter().filter_map(text).collect()),
            single => match text(single) {
                Some(text) => Texts::One(text),
                None => return,
            },
        };
        if !matches!(&texts, Texts::List(items) if items.is_empty()) {
            self.0.entry(name).or_insert(texts);
        }
    }
}

/// Returns the text of a single value, or `None` for a list, a structure, and a number that is not finite.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => value.is_finite().then(|| value.to_string()),
        Value::String(value) => Some(value.clone()),
        Value::Array(_) | Value::Struct(_) => None,
    }
}
