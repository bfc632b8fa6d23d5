//! Conversion of OpenFeature's evaluation context to a context of the client.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fh_client::{Client, Context, Timestamp};
use open_feature::{EvaluationContext, EvaluationContextFieldValue as Field, StructValue, Value};

use crate::warnings::FieldWarnings;

/// The name of the targeting key as an attribute, if another field is the user key.
const TARGETING_KEY: &str = "targetingKey";
/// The number of structures, one inside the other, that are flattened. A structure inside the eighth is left out.
const MAX_LEVELS: usize = 8;

/// Converts an evaluation context. The targeting key becomes the user key of the client's system, unless the context has a value for this
/// attribute. A list becomes several values of one attribute, one JSON text for FeatBit, or a text such as `[a b]` for FeatureSignals. The
/// values in a structure become attributes with names such as `device.os`. A list in a list, a structure in a list, a number that is not
/// finite, and a structure of a type that is not OpenFeature's are left out, with a warning.
pub(crate) fn converted(
    client: &Client,
    context: &EvaluationContext,
    warnings: &FieldWarnings,
) -> Context {
    let mut all = Flattened { attributes: BTreeMap::new(), warnings };
    for (name, field) in &context.custom_fields {
        all.add(Cow::Borrowed(name), texts_of_field(field, &|why| warnings.warn(name, why)));
    }
    if let Some(key) = &context.targeting_key {
        let user_key = client.system().user_key();
        let name = if all.attributes.contains_key(user_key) { TARGETING_KEY } else { user_key };
        all.add(Cow::Borrowed(name), Some(Texts::One(Cow::Borrowed(key))));
    }
    let structures = context.custom_fields.iter();
    let structures: BTreeMap<_, _> =
        structures.filter_map(|(name, field)| Some((name, structure_of(field)?))).collect();
    for (name, structure) in structures {
        all.flatten(&format!("{name}."), structure, 1);
    }
    let attributes =
        all.attributes.iter().fold(client.context(), |builder, (name, texts)| match texts {
            Texts::One(text) => builder.attribute(name, text),
            Texts::List(items) => builder.attribute(name, items),
        });
    attributes.build()
}

/// The attributes of an evaluation context. The first of equal names wins.
struct Flattened<'a> {
    attributes: BTreeMap<Cow<'a, str>, Texts<'a>>,
    warnings: &'a FieldWarnings,
}

/// The texts of an attribute.
enum Texts<'a> {
    One(Cow<'a, str>),
    List(Vec<Cow<'a, str>>),
}

impl<'a> Flattened<'a> {
    /// Adds the values of a structure first, and then those of the structures in it, both in the order of their names.
    fn flatten(&mut self, prefix: &str, structure: &'a StructValue, level: usize) {
        let fields: BTreeMap<_, _> = structure.fields.iter().collect();
        for (name, value) in &fields {
            let name = format!("{prefix}{name}");
            let texts = texts_of(value, &|why| self.warnings.warn(&name, why));
            self.add(Cow::Owned(name), texts);
        }
        for (name, value) in &fields {
            let Value::Struct(inner) = value else { continue };
            if level < MAX_LEVELS {
                self.flatten(&format!("{prefix}{name}."), inner, level + 1);
            } else {
                self.warnings.warn(&format!("{prefix}{name}"), "it is inside of 8 structures");
            }
        }
    }

    /// Adds an attribute, unless it has no value or its name is taken.
    fn add(&mut self, name: Cow<'a, str>, texts: Option<Texts<'a>>) {
        let texts = texts.filter(|texts| !matches!(texts, Texts::List(items) if items.is_empty()));
        if let Some(texts) = texts {
            self.attributes.entry(name).or_insert(texts);
        }
    }
}

/// Takes the reason for which a field, or an item of its list, is left out.
type Warn<'a> = &'a dyn Fn(&str);

/// Returns the texts of a field; `None` for a structure and for a field without a text.
fn texts_of_field<'a>(field: &'a Field, warn: Warn<'_>) -> Option<Texts<'a>> {
    Some(Texts::One(match field {
        Field::Bool(value) => Cow::Owned(value.to_string()),
        Field::Int(value) => Cow::Owned(value.to_string()),
        Field::Float(value) => Cow::Owned(finite(*value, warn)?),
        Field::String(value) => Cow::Borrowed(value),
        Field::DateTime(moment) => {
            let millis = moment.unix_timestamp_nanos().div_euclid(1_000_000);
            let millis = i64::try_from(millis).unwrap_or(i64::MAX);
            Cow::Owned(Timestamp::from_millis(millis).to_string())
        }
        Field::Struct(found) => {
            return if let Some(texts) = found.downcast_ref::<Vec<String>>() {
                Some(Texts::List(texts.iter().map(|text| Cow::Borrowed(text.as_str())).collect()))
            } else if let Some(values) = found.downcast_ref::<Vec<Value>>() {
                Some(list(values, warn))
            } else if let Some(value) = found.downcast_ref::<Value>() {
                texts_of(value, warn)
            } else {
                if !found.is::<StructValue>() {
                    warn("the type of the structure is not one of OpenFeature");
                }
                None
            };
        }
    }))
}

/// Returns the structure of a field, if it has one of OpenFeature's.
fn structure_of(field: &Field) -> Option<&StructValue> {
    let Field::Struct(found) = field else { return None };
    match found.downcast_ref() {
        Some(Value::Struct(structure)) => Some(structure),
        _ => found.downcast_ref(),
    }
}

fn texts_of<'a>(value: &'a Value, warn: Warn<'_>) -> Option<Texts<'a>> {
    match value {
        Value::Array(items) => Some(list(items, warn)),
        Value::Struct(_) => None,
        single => text(single, warn).map(Texts::One),
    }
}

fn list<'a>(items: &'a [Value], warn: Warn<'_>) -> Texts<'a> {
    Texts::List(items.iter().filter_map(|item| text(item, warn)).collect())
}

/// Returns the text of a single value, or `None` for a list, a structure, and a number that is not finite.
fn text<'a>(value: &'a Value, warn: Warn<'_>) -> Option<Cow<'a, str>> {
    match value {
        Value::Bool(value) => Some(Cow::Owned(value.to_string())),
        Value::Int(value) => Some(Cow::Owned(value.to_string())),
        Value::Float(value) => finite(*value, warn).map(Cow::Owned),
        Value::String(value) => Some(Cow::Borrowed(value)),
        Value::Array(_) | Value::Struct(_) => {
            warn("a list can have only single values");
            None
        }
    }
}

fn finite(number: f64, warn: Warn<'_>) -> Option<String> {
    if !number.is_finite() {
        warn("the number is not finite");
        return None;
    }
    Some(number.to_string())
}
