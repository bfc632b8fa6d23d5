//! Forms of the members of features, strategies and rules, and a reader with typed models, as SDKs have it. Such a reader refuses the whole
//! payload if one member has another type. The tests of payloads, of the doors of a state and of published SDKs share this file.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

/// The answer to a poll.
#[derive(Deserialize)]
pub(crate) struct StrictEnvironment {
    id: String,
    pub(crate) features: Vec<StrictFeature>,
}

#[derive(Deserialize)]
pub(crate) struct StrictFeature {
    id: String,
    pub(crate) key: String,
    l: bool,
    version: i64,
    r#type: Kind,
    #[serde(default, deserialize_with = "not_null")]
    value: Value,
    #[serde(default, deserialize_with = "present")]
    pub(crate) strategies: Vec<StrictStrategy>,
    #[serde(default, deserialize_with = "present")]
    v: String,
    #[serde(default, deserialize_with = "present")]
    fp: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    Boolean,
    String,
    Number,
    Json,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StrictStrategy {
    id: String,
    #[serde(default, deserialize_with = "present")]
    name: String,
    #[serde(default, deserialize_with = "present")]
    percentage: i32,
    percentage_attributes: Option<Vec<String>>,
    value: Option<Value>,
    attributes: Option<Vec<StrictRule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StrictRule {
    #[serde(default, deserialize_with = "present")]
    id: String,
    field_name: String,
    conditional: Conditional,
    r#type: Type,
    values: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Conditional {
    Equals,
    EndsWith,
    StartsWith,
    Greater,
    GreaterEquals,
    Less,
    LessEquals,
    NotEquals,
    Includes,
    Excludes,
    Regex,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Type {
    String,
    SemanticVersion,
    Number,
    Date,
    #[serde(rename = "DATETIME")]
    DateTime,
    Boolean,
    IpAddress,
}

/// Reads a member that may be missing, but not null.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(read: D) -> Result<T, D::Error> {
    T::deserialize(read)
}

/// Reads a value of any type, which may be missing.
fn not_null<'de, D: serde::Deserializer<'de>>(read: D) -> Result<Value, D::Error> {
    let value = Value::deserialize(read)?;
    if value.is_null() { Err(serde::de::Error::custom("the value is null")) } else { Ok(value) }
}

/// Returns a strategy with rules if `rules` is true, and with a percentage if `percentage` is true.
fn strategy(rules: bool, percentage: bool) -> Value {
    let rule = json!({"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["nz"]});
    let mut strategy = json!({"id": "s", "value": "x"});
    set(&mut strategy, "percentage", Some(&json!(500_000)).filter(|_| percentage));
    set(&mut strategy, "attributes", Some(&json!([rule])).filter(|_| rules));
    strategy
}

/// Each member of a strategy and of a rule with each value, in strategies with a percentage, with rules and with both.
pub(crate) fn forms() -> Vec<(String, Value)> {
    let conditionals = ["EQUALS", "NOT_EQUALS", "EXCLUDES", "GREATER", "REGEX"];
    let bases = [strategy(false, true), strategy(true, false), strategy(true, true)];
    bases.iter().flat_map(|base| forms_of(base, &conditionals)).collect()
}

/// Each member of a strategy and of a rule with each value, once.
pub(crate) fn few_forms() -> Vec<(String, Value)> {
    forms_of(&strategy(true, true), &["EQUALS"])
}

fn forms_of(base: &Value, conditionals: &[&str]) -> Vec<(String, Value)> {
    let mut forms = Vec::new();
    for member in ["id", "name", "percentage", "percentageAttributes", "attributes", "extra"] {
        for value in &values() {
            let mut form = base.clone();
            set(&mut form, member, value.as_ref());
            forms.push((format!("{member} {value:?}"), form));
        }
    }
    for conditional in conditionals {
        for member in ["id", "fieldName", "type", "conditional", "values", "extra"] {
            for value in &values() {
                let mut form = base.clone();
                let Some(Value::Array(rules)) = form.get_mut("attributes") else { continue };
                rules[0]["conditional"] = json!(conditional);
                set(&mut rules[0], member, value.as_ref());
                forms.push((format!("{conditional} {member} {value:?}"), form));
            }
        }
    }
    forms
}

/// The values of members. `None` is a missing member.
pub(crate) fn values() -> [Option<Value>; 16] {
    [
        Some(json!(null)),
        Some(json!(20.5)),
        Some(json!(200_000.0)),
        Some(json!(3_000_000_000_i64)),
        Some(json!(-5)),
        Some(json!(0)),
        Some(json!("")),
        Some(json!("odd")),
        Some(json!("20")),
        Some(json!(true)),
        Some(json!([])),
        Some(json!([null])),
        Some(json!([5])),
        Some(json!({})),
        Some(json!({"a": 1})),
        None,
    ]
}

pub(crate) fn set(object: &mut Value, member: &str, value: Option<&Value>) {
    let members = object.as_object_mut().unwrap();
    match value {
        Some(value) => drop(members.insert(member.to_string(), value.clone())),
        None => drop(members.remove(member)),
    }
}
