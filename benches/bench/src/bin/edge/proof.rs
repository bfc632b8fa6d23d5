//! Checks that servers respond correctly. They run before every measurement.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::environment::{KEYS, Kind, eligible, kind, value};
use crate::questions::{Api, Question};
use crate::servers::{Contestant, Server};

/// The number of contexts to evaluate. The measured share of a 25 % rollout must be within `SHARE`.
const USERS: usize = 400;
const SHARE: std::ops::RangeInclusive<f64> = 0.20..=0.30;

/// Checks a server that evaluates: all features with their strategies, the values of features without strategies, and the
/// shares of rollouts.
pub fn evaluates(server: &Server, api: Api, features: usize) -> Result<(), String> {
    let failed = |why: String| format!("{api:?}: {why}; nothing is measured");
    let list = decode(server, api, Question::List, 0).map_err(failed)?;
    complete(&list, features).map_err(failed)?;
    let (mut chances, mut hits) = (0, 0);
    for user in 0..USERS {
        let evaluated = decode(server, api, Question::EvaluatedAnew, user).map_err(failed)?;
        let values = values(api, &evaluated).map_err(failed)?;
        if values.len() != features {
            return Err(failed(format!("{} of {features} features are evaluated", values.len())));
        }
        let mut on = 0;
        for number in 0..features {
            let found = values.get(&format!("{KEYS}{number}"));
            let found = found.ok_or_else(|| failed(format!("{KEYS}{number} is missing")))?;
            let expected: Value =
                serde_json::from_str(&value(number, 0)).map_err(|why| failed(why.to_string()))?;
            on += usize::from(*found != Value::Bool(false));
            if kind(number) == Kind::Boolean && eligible(number) && found.is_boolean() {
                chances += 1;
                hits += usize::from(*found == Value::Bool(true));
            } else if *found != expected {
                return Err(failed(format!("{KEYS}{number} is {found}, not {expected}")));
            }
        }
        if api == Api::Unleash {
            let enabled = decode(server, api, Question::Enabled, user).map_err(failed)?;
            let enabled = entries(&enabled).map_err(failed)?.len();
            if enabled != on {
                return Err(failed(format!("{enabled} features are on for user {user}, not {on}")));
            }
        }
    }
    let share = hits as f64 / f64::from(chances.max(1));
    if chances == 0 || !SHARE.contains(&share) {
        return Err(failed(format!("{share:.3} of {chances} rollouts of 0.25 are on")));
    }
    println!("{api:?}: {features} features, {USERS} contexts, {share:.3} of rollouts are on");
    Ok(())
}

/// Checks that a stream begins with all features.
pub fn streams(server: &Server, contestant: Contestant, features: usize) -> Result<(), String> {
    let first = server.event(&contestant.stream(), contestant.first())?;
    let first: Value = serde_json::from_slice(&first).map_err(|why| why.to_string())?;
    complete(&first, features)
}

fn decode(server: &Server, api: Api, question: Question, user: usize) -> Result<Value, String> {
    let answer = server.fetch(&question.request(api, user))?;
    serde_json::from_slice(&answer.body).map_err(|why| format!("{question:?}: {why}"))
}

/// Returns the features of a response of any of the supported servers.
fn entries(answer: &Value) -> Result<&Vec<Value>, String> {
    let found = match answer {
        // An array is a list of features, or of environments with features.
        Value::Array(all) => all.first().and_then(|first| first.get("features")).unwrap_or(answer),
        _ => ["/features", "/toggles", "/events/0/features"]
            .iter()
            .find_map(|place| answer.pointer(place))
            .unwrap_or(answer),
    };
    found.as_array().ok_or_else(|| "there is no list of features".to_string())
}

/// Checks that every feature is included, and that every second one has two strategies.
fn complete(answer: &Value, features: usize) -> Result<(), String> {
    let entries = entries(answer)?;
    let strategies: usize =
        entries.iter().filter_map(|entry| Some(entry.get("strategies")?.as_array()?.len())).sum();
    if entries.len() == features && strategies == features.div_ceil(2) * 2 {
        return Ok(());
    }
    Err(format!("{} of {features} features came, with {strategies} strategies", entries.len()))
}

/// Returns the evaluated features by name: the text or number if there is one, else whether it is on.
fn values(api: Api, answer: &Value) -> Result<BTreeMap<String, Value>, String> {
    let value = |entry: &Value| -> Option<(String, Value)> {
        match api {
            Api::FeatureHub => {
                Some((entry.get("key")?.as_str()?.to_string(), entry.get("value")?.clone()))
            }
            Api::Unleash => {
                let payload = entry.pointer("/variant/payload").filter(|value| !value.is_null());
                let value = match payload.map(|payload| (&payload["type"], &payload["value"])) {
                    Some((kind, Value::String(text))) if kind == "number" => {
                        serde_json::from_str(text).ok()?
                    }
                    Some((_, value)) => value.clone(),
                    None => entry.get("enabled")?.clone(),
                };
                Some((entry.get("name")?.as_str()?.to_string(), value))
            }
        }
    };
    entries(answer)?
        .iter()
        .map(|entry| value(entry).ok_or_else(|| format!("this is no evaluated feature: {entry}")))
        .collect()
}
