//! The members of commands and answers.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::failure::{Outcome, adapter};

/// Members whose nulls are part of a value of the user.
const OPAQUE: &[&str] = &["native", "params"];

/// Reads the members of a command.
///
/// # Errors
/// If a member has another type than the protocol says.
pub(super) fn read<T: DeserializeOwned>(members: &Map<String, Value>) -> Outcome<T> {
    let mut members = Value::Object(members.clone());
    remove_nulls(&mut members);
    serde_json::from_value(members).map_err(|error| {
        adapter(format_args!("the members are not those of the operation: {error}"))
    })
}

/// Removes members that are null, because null means that a member is missing.
fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            let members = members.iter_mut();
            let members = members.filter(|(name, _)| !OPAQUE.contains(&name.as_str()));
            members.for_each(|(_, member)| remove_nulls(member));
        }
        Value::Array(elements) => elements.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

/// Returns the members of an answer.
///
/// # Errors
/// If the answer is not a JSON object.
pub(super) fn written(answer: impl Serialize) -> Outcome<Map<String, Value>> {
    match serde_json::to_value(answer) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(adapter("the answer is not an object")),
        Err(error) => Err(adapter(error)),
    }
}
