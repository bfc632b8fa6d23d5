//! `PUT /features/{environment}/{key}/{feature}` (edge-protocol 5). The first rule that applies determines the answer.
use crate::server::locked;
use serde_json::Value;

use super::head;
use crate::featurehub::connection::Interrupted;
use crate::featurehub::feature::{Feature, number};
use crate::featurehub::key::Permission;
use crate::featurehub::player::Player;
use crate::featurehub::request::Request;
use crate::featurehub::world::World;

/// A status with a reason in plain text, which may be empty.
struct Refusal(u16, &'static str);

pub(super) fn answer(player: &mut Player<'_>, request: &Request) -> Result<(), Interrupted> {
    let status = update(&mut locked(&player.edge.server.world), request);
    let (status, text) = match status {
        Ok(status) => (status, ""),
        Err(Refusal(status, text)) => (status, text),
    };
    let mut head = head(player, request, status);
    if !text.is_empty() {
        head.set("content-type", "text/plain");
    }
    player.respond(head, text.as_bytes())
}

/// The requested change.
struct Wish {
    /// The new value, which may be null. `None` leaves the value unchanged.
    value: Option<Value>,
    lock: Option<bool>,
}

fn update(world: &mut World, request: &Request) -> Result<u16, Refusal> {
    let unknown = Refusal(404, "");
    let content_type = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if !content_type.starts_with("application/json") {
        return Err(Refusal(415, ""));
    }
    let wish = read(&request.body)?;
    let key = request.path_key().ok_or(Refusal(404, ""))?;
    let feature_key = request.segments().pop().unwrap_or_default();
    let Some(view) = world.view(&key) else { return Err(unknown) };
    let Some(feature) = world.feature(&view.environment, &feature_key) else {
        return Err(unknown);
    };
    check(&view.permissions, feature, &wish)?;
    let value = match &wish.value {
        Some(value) => Some(converted(feature.kind(), value)?),
        None => None,
    };
    let lock_changes = wish.lock.is_some_and(|lock| lock != feature.is_locked());
    let value_changes = value.as_ref().is_some_and(|value| !is_same(feature, value));
    if value.is_some() && !value_changes && !lock_changes {
        return Ok(202);
    }
    if value_changes || lock_changes {
        world.change(&view.environment, &feature_key, |feature| {
            if let Some(value) = value {
                feature.set("value", value);
            }
            if let Some(lock) = wish.lock {
                feature.set("l", Value::Bool(lock));
            }
        });
    }
    Ok(200)
}

fn read(body: &[u8]) -> Result<Wish, Refusal> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err(Refusal(400, ""));
    };
    let value = members.get("value").filter(|value| !value.is_null());
    let update = members.get("updateValue").and_then(Value::as_bool).unwrap_or(false);
    Ok(Wish {
        value: value.cloned().or_else(|| update.then_some(Value::Null)),
        lock: members.get("lock").and_then(Value::as_bool),
    })
}

fn check(permissions: &[Permission], feature: &Feature, wish: &Wish) -> Result<(), Refusal> {
    let may = |permission| permissions.contains(&permission);
    if permissions.iter().all(|permission| *permission == Permission::Read) {
        return Err(Refusal(403, "no write roles"));
    }
    if wish.lock == Some(true) && !may(Permission::Lock) {
        return Err(Refusal(403, "feature locked"));
    }
    if wish.lock == Some(false) && !may(Permission::Unlock) {
        return Err(Refusal(403, "feature locked, no permission to unlock"));
    }
    if wish.lock.is_none() && wish.value.is_none() {
        return Err(Refusal(400, "lock and updateValue null, nothing to do"));
    }
    if wish.value.is_some() && !may(Permission::ChangeValue) {
        return Err(Refusal(403, "API Key has no change_value permission"));
    }
    if wish.value.is_some() && feature.is_locked() && wish.lock != Some(false) {
        return Err(Refusal(412, "it is locked, cannot change value without also unlocking"));
    }
    Ok(())
}

/// Converts the value, by way of its text, to the feature's type.
fn converted(kind: &str, value: &Value) -> Result<Value, Refusal> {
    let text = match value {
        Value::Null if kind == "BOOLEAN" => {
            return Err(Refusal(412, "cannot set flag value to null"));
        }
        Value::Null => return Ok(Value::Null),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match kind {
        "BOOLEAN" if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        "BOOLEAN" if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        "BOOLEAN" => Err(Refusal(400, "flag value must be true or false")),
        "NUMBER" => {
            decimal(&text).ok_or(Refusal(400, "Attempting to update NUMBER value with non-NUMBER"))
        }
        "JSON" => {
            let readable = value.is_string() || !(value.is_array() || value.is_object());
            if readable && (text.is_empty() || serde_json::from_str::<Value>(&text).is_ok()) {
                Ok(Value::String(text))
            } else {
                Err(Refusal(400, "Attempting to update JSON value to non-json"))
            }
        }
        _ => Ok(Value::String(text)),
    }
}

/// Parses a decimal number. `NaN`, `inf` and hexadecimal numbers are refused.
fn decimal(text: &str) -> Option<Value> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    let value: f64 = text.parse().ok().filter(|value: &f64| plain && value.is_finite())?;
    Some(number(value))
}

fn is_same(feature: &Feature, value: &Value) -> bool {
    let current = feature.get("value");
    match (current.as_f64(), value.as_f64()) {
        (Some(current), Some(value)) => current == value,
        _ => current == value,
    }
}
