//! The known classes of differences. Each class changes a case, so that the engine gives the answer of the crate.
//!
//! The rules of FeatBit's server are those of `docs/spec/featbit.md`. The crate differs from the server.

use regex::Regex;
use serde_json::{Value, json};

use crate::drawn::User;

/// A payload with one flag, and a user.
#[derive(Clone)]
pub struct Case {
    pub payload: Value,
    pub user: User,
}

/// A class: its name, and the change of a case.
pub type Class = (&'static str, fn(&mut Case));

/// All classes.
pub const CLASSES: [Class; 9] = [
    ("a user without a name has an empty name in the crate", |case| {
        case.user.name.get_or_insert_default();
    }),
    ("a key of white space is a key in the crate", |_| {}),
    ("numbers with spaces, commas, NaN or infinity are none in the crate", |case| {
        each_condition(case, |condition, user| {
            let is_number = matches!(
                text(condition, "op"),
                "LessThan" | "LessEqualThan" | "BiggerThan" | "BiggerEqualThan"
            );
            if is_number
                && ![text(condition, "value"), &value_of(user, condition)]
                    .iter()
                    .all(|text| is_finite(text))
            {
                *condition = never();
            }
        });
    }),
    ("a list that is malformed, null or has a null never matches in the crate", |case| {
        each_condition(case, |condition, _| {
            let is_list = matches!(text(condition, "op"), "IsOneOf" | "NotOneOf");
            if is_list && serde_json::from_str::<Vec<String>>(text(condition, "value")).is_err() {
                *condition = never();
            }
        });
    }),
    ("patterns are those of the crate `regex`, and a refused one never matches", |case| {
        each_condition(case, |condition, user| {
            let is_positive = match text(condition, "op") {
                "MatchRegex" => true,
                "NotMatchRegex" => false,
                _ => return,
            };
            let found = Regex::new(text(condition, "value"))
                .map(|regex| regex.is_match(&value_of(user, condition)));
            *condition =
                if found.is_ok_and(|found| found == is_positive) { always() } else { never() };
        });
    }),
    ("a malformed list of segments never matches in the crate", |case| {
        each_condition(case, |condition, _| {
            let is_list =
                serde_json::from_str::<Option<Vec<String>>>(text(condition, "value")).is_ok();
            if is_on_segments(condition) && !is_list {
                *condition = never();
            }
        });
    }),
    ("an unknown segment ends the list without a match in the crate", |case| {
        end_lists(case, "gone");
    }),
    ("an archived segment is unknown in the crate", |case| {
        end_lists(case, "old");
    }),
    ("an interval needs exactly two bounds in the crate", |case| {
        for flag in list(&mut case.payload["data"]["featureFlags"]) {
            let (rules, mut rest) = (flag["rules"].take(), flag["fallthrough"].take());
            let mut rules = rules;
            for part in list(&mut rules).iter_mut().chain([&mut rest]) {
                list(&mut part["variations"]).retain(|share| {
                    share["rollout"].as_array().is_some_and(|bounds| bounds.len() == 2)
                });
            }
            (flag["rules"], flag["fallthrough"]) = (rules, rest);
        }
    }),
];

fn is_finite(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn never() -> Value {
    json!({"property": "keyId", "op": "never", "value": ""})
}

fn always() -> Value {
    json!({"property": "keyId", "op": "Contains", "value": ""})
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

fn list(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().expect("a list")
}

fn is_on_segments(condition: &Value) -> bool {
    matches!(text(condition, "property"), "User is in segment" | "User is not in segment")
}

/// Returns the value of a condition's property, as both engines see it.
fn value_of(user: &User, condition: &Value) -> String {
    match text(condition, "property") {
        "keyId" => user.key.clone(),
        "name" => user.name.clone().unwrap_or_default(),
        name => {
            let property = user.properties.iter().find(|(known, _)| *known == name);
            property.map_or_else(String::new, |(_, value)| value.clone())
        }
    }
}

/// Changes each condition of flags and segments.
fn each_condition(case: &mut Case, change: impl Fn(&mut Value, &User)) {
    let Case { payload, user } = case;
    for kind in ["featureFlags", "segments"] {
        for entity in list(&mut payload["data"][kind]) {
            for rule in list(&mut entity["rules"]) {
                for condition in list(&mut rule["conditions"]) {
                    change(condition, user);
                }
            }
        }
    }
}

/// Ends each list of segments before this one. A list that loses one fails if no earlier segment matches, in both forms of the condition.
fn end_lists(case: &mut Case, id: &str) {
    each_condition(case, |condition, _| {
        let ids = serde_json::from_str::<Vec<String>>(text(condition, "value"));
        let (true, Ok(ids)) = (is_on_segments(condition), ids) else { return };
        let Some(at) = ids.iter().position(|known| known == id) else { return };
        match text(condition, "property") {
            "User is in segment" => condition["value"] = json!(json!(ids[..at]).to_string()),
            _ => *condition = never(),
        }
    });
}
