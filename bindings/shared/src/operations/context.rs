//! The attributes of a context in requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use fh_client::{Attributes, System};
use fh_eval::{AttributeText, InvalidContext};
use serde::Deserialize;
use serde_json::Map;

/// The attributes as a request has them: names with their values.
pub(super) type Given = BTreeMap<String, Value>;

/// The values of an attribute as the other languages send them: a single one, or a list of any length.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Value<T = String> {
    One(T),
    List(Vec<T>),
}

impl<T: AttributeText> AttributeText for Value<T> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        match self {
            Self::One(text) => text.each(add),
            Self::List(texts) => texts.each(add),
        }
    }

    fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }
}

/// Returns attributes in the form that rules of this system read.
pub(super) fn attributes(given: &Given, system: System) -> Arc<Attributes> {
    let mut builder = Attributes::builder();
    for (name, value) in given {
        system.add_attribute(&mut builder, name, value);
    }
    Arc::new(builder.build())
}

/// Reads a context, as [`Attributes::from_json`] does, which keeps the digits of numbers, such as `1.10`. Returns it in the form that rules of
/// this system read.
pub(crate) fn attributes_from_json(
    json: &str,
    system: System,
) -> Result<Arc<Attributes>, InvalidContext> {
    let read = Attributes::from_json(json)?;
    let members: Map<String, serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    let lists = members.into_iter().filter(|(_, value)| value.is_array());
    let mut given: Given = lists.map(|(name, _)| (name, Value::List(Vec::new()))).collect();
    for (name, values) in read.iter() {
        for text in values {
            match given.get_mut(name) {
                Some(Value::List(texts)) => texts.push(text.to_string()),
                _ => drop(given.insert(name.to_string(), Value::One(text.to_string()))),
            }
        }
    }
    Ok(attributes(&given, system))
}
