//! The states in which the recordings began, as state files that our Edge can serve (D-93).

use serde_json::{Map, Value, json};

use crate::server::evaluations::Evaluations;
use crate::server::replay::request_keys;
use crate::server::transcript::{Account, Step, Transcript};

/// The id of the retired feature, which no key sees.
const UNSEEN: &str = "0d6a6f3f-5c0e-4b7e-9a51-7e1f6b1c2d90";

/// Returns the state in which a recorded conversation began. It consists of two parts: the features of the first poll with the client key
/// of an account that may read properties, and the retired feature that no key sees. `None` if the recording has no such poll.
#[must_use]
pub fn of_transcript(transcript: &Transcript) -> Option<Value> {
    let accounts = transcript.accounts.values();
    let reads_all =
        |account: &&Account| account.permissions.iter().any(|may| may == "EXTENDED_DATA");
    let keys: Vec<&String> = accounts.filter(reads_all).map(|account| &account.client).collect();
    let shows_all = |step: &&Step| {
        let asked = &step.request;
        let is_poll = asked.method == "GET" && step.response.events.is_none();
        let is_all = step.response.status == 200 && asked.headers.is_empty();
        is_poll && is_all && matches!(request_keys(asked).as_slice(), [key] if keys.contains(&key))
    };
    let step = transcript.steps.iter().find(shows_all)?;
    let seen = step.response.body.get(0)?.get("features")?.as_array()?;
    let mut features = Vec::new();
    let mut values = Map::new();
    for feature in seen {
        let key = feature.get("key")?.as_str()?;
        features.push(definition(feature));
        values.insert(key.to_owned(), value(feature, transcript.value_ids.get(key)));
    }
    for (key, value_id) in &transcript.value_ids {
        if !values.contains_key(key) {
            features.push(json!({"id": UNSEEN, "key": key, "type": "BOOLEAN"}));
            values
                .insert(key.clone(), json!({"value": false, "valueId": value_id, "retired": true}));
        }
    }
    let environment = &transcript.environment_id;
    let accounts = transcript.accounts.iter().map(|(name, account)| {
        json!({
            "name": name,
            "clientKey": [secret(&account.client)],
            "serverKey": [secret(&account.server)],
            "permissions": {environment: account.permissions},
        })
    });
    Some(json!({
        "features": features,
        "environments": [environment_of("recorded", environment, values)],
        "accounts": accounts.collect::<Vec<_>>(),
    }))
}

/// Returns the state of the recorded evaluations, with one account whose two keys may read.
#[must_use]
pub fn of_evaluations(evaluations: &Evaluations) -> Value {
    let key = |feature: &Value| feature.get("key").and_then(Value::as_str).map(str::to_owned);
    let values = evaluations.features.iter().filter_map(|feature| {
        let key = key(feature)?;
        let value = value(feature, evaluations.value_ids.get(&key));
        Some((key, value))
    });
    json!({
        "features": evaluations.features.iter().map(definition).collect::<Vec<_>>(),
        "environments": [environment_of("recorded", Evaluations::ENVIRONMENT, values.collect())],
        "accounts": [{
            "name": "reader",
            "clientKey": [secret(Evaluations::CLIENT_KEY)],
            "serverKey": [secret(Evaluations::SERVER_KEY)],
            "permissions": {Evaluations::ENVIRONMENT: ["READ"]},
        }],
    })
}

fn environment_of(name: &str, id: &str, values: Map<String, Value>) -> Value {
    json!({
        "id": id,
        "name": name,
        "profile": "edge",
        "cacheControl": "no-store, max-age=0",
        "values": values,
    })
}

/// Returns the parts of a feature that are the same in all environments.
fn definition(feature: &Value) -> Value {
    let mut definition = only(feature, &["id", "key", "type"]);
    if let Some(properties) = feature.get("fp") {
        definition.insert("properties".to_owned(), properties.clone());
    }
    Value::Object(definition)
}

/// Returns the parts of a feature that belong to one environment.
fn value(feature: &Value, value_id: Option<&String>) -> Value {
    let mut value = only(feature, &["value", "version", "strategies"]);
    value.insert("locked".to_owned(), feature.get("l").cloned().unwrap_or(false.into()));
    if let Some(id) = value_id {
        value.insert("valueId".to_owned(), id.as_str().into());
    }
    Value::Object(value)
}

fn only(feature: &Value, names: &[&str]) -> Map<String, Value> {
    let members = names.iter().filter_map(|name| {
        let member = feature.get(name).filter(|member| !member.is_null())?;
        Some(((*name).to_owned(), member.clone()))
    });
    members.collect()
}

/// Returns the part of an API key that belongs to the account.
fn secret(api_key: &str) -> &str {
    api_key.rsplit('/').next().unwrap_or(api_key)
}
