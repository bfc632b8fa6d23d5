//! Conversions between the answers of an adapter and those of the suite.

use serde_json::Value;

use crate::case::{Answer, Question, Step};
use crate::decimal::number_token;
use crate::json::Json;
use crate::protocol::ReadAnswer;
use crate::target::Broken;

/// Returns a value of the suite as a value of the protocol. A number is converted to a double if it has decimals.
pub(super) fn value_of(json: &Json) -> Value {
    serde_json::from_str(&json.to_string()).unwrap_or(Value::Null)
}

/// Returns the value of an answer. A number has the decimals of its text.
fn json_of(answer: &ReadAnswer) -> Json {
    match &answer.value {
        Value::Number(number) => {
            let text = answer.text.as_deref().and_then(number_token);
            Json::Number(text.unwrap_or_else(|| number.to_string()))
        }
        other => Json::parse(&other.to_string()).unwrap_or(Json::Null),
    }
}

/// Returns an answer in the suite's form. An error that the SDK raised is no answer.
pub(super) fn answer_of(answer: ReadAnswer, question: &Question) -> Result<Answer, Broken> {
    if let Some(error) = &answer.error {
        return Err(Broken(format!("raised: {error}")));
    }
    let value = match json_of(&answer) {
        // An SDK without defaults returns nothing where others return the default.
        Json::Null => question.default.clone(),
        value => value,
    };
    Ok(Answer {
        value,
        strategy_id: answer.strategy_id,
        reason: answer.reason.unwrap_or_default(),
        bucket: answer.bucket,
        trace: answer.trace.as_ref().and_then(trace),
        served: None,
    })
}

fn trace(steps: &Value) -> Option<Vec<Step>> {
    let number = |step: &Value, name: &str| step.get(name).and_then(Value::as_i64);
    let step = |step: &Value| {
        Some(Step {
            strategy: step.get("strategy")?.as_str()?.to_owned(),
            outcome: step.get("outcome")?.as_str()?.to_owned(),
            attribute: number(step, "attribute").and_then(|at| u32::try_from(at).ok()),
            bucket: number(step, "bucket").and_then(|bucket| u32::try_from(bucket).ok()),
            threshold: number(step, "threshold"),
        })
    };
    steps.as_array()?.iter().map(step).collect()
}

/// Returns the results of all getters from the answers for BOOLEAN, STRING, NUMBER and JSON, in this order.
pub(super) fn getters_of(answers: &[ReadAnswer]) -> Result<Json, Broken> {
    let [boolean, string, number, json] = answers else {
        return Err(Broken("four getters have four answers".to_owned()));
    };
    if let Some(error) = answers.iter().find_map(|answer| answer.error.as_ref()) {
        return Err(Broken(format!("raised: {error}")));
    }
    let mut members = vec![
        ("boolean", json_of(boolean)),
        ("string", json_of(string)),
        ("number", json_of(number)),
        ("json", json_of(json)),
        ("isEnabled", Json::Bool(boolean.value == Value::Bool(true))),
    ];
    members.extend(boolean.is_set.map(|is_set| ("isSet", Json::Bool(is_set))));
    members.extend(boolean.exists.map(|exists| ("exists", Json::Bool(exists))));
    members.extend(boolean.locked.map(|locked| ("locked", Json::Bool(locked))));
    members.extend(boolean.version.map(|version| ("version", Json::number(version))));
    for (name, value) in &boolean.of_other_type {
        // The names of the vectors.
        let name = match *name {
            "is_set" => "isSet",
            other => other,
        };
        members.push((name, Json::parse(&value.to_string()).unwrap_or(Json::Null)));
    }
    if let Some(properties) = &boolean.properties {
        let members_of = properties.iter();
        let properties = members_of.map(|(name, value)| (name.clone(), Json::from(value.as_str())));
        members.push(("properties", Json::object(properties)));
    }
    Ok(Json::object(members))
}
