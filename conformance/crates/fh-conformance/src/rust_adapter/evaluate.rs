//! The operation `evaluate`: reads of a payload without a client.

use std::time::SystemTime;

use serde_json::Value;

use super::attributes::{number_json, text};
use super::failure::{Outcome, adapter, caught};
use crate::case::{Kind, Profile, Question, Step};
use crate::json::Json;
use crate::protocol::{Answers, Evaluate, EvaluateRead, ReadAnswer};
use crate::target::{Broken, Engine, Target};

/// Evaluates reads of a payload. A read that the engine cannot perform has an error in place of a value.
///
/// # Errors
/// If the profile or a getter does not exist.
pub(super) fn evaluate(command: &Evaluate) -> Outcome<Answers> {
    let profile: Profile = command.profile.parse().map_err(adapter)?;
    let answer = |read: &EvaluateRead| {
        let question = question(&command.payload, read)?;
        let answer = caught(|| answer(profile, &question));
        Ok(match answer.unwrap_or_else(|panic| Err(Broken(panic))) {
            Ok(answer) => answer,
            Err(Broken(error)) => ReadAnswer { error: Some(error), ..ReadAnswer::default() },
        })
    };
    Ok(Answers { answers: command.reads.iter().map(answer).collect::<Outcome<_>>()? })
}

/// Returns a read in the types of the suite.
fn question(payload: &str, read: &EvaluateRead) -> Outcome<Question> {
    let kind = Kind::named(&read.kind)
        .ok_or_else(|| adapter(format_args!("{:?} is not the name of a getter", read.kind)))?;
    Ok(Question {
        payload: payload.to_owned(),
        feature: read.feature.clone(),
        kind,
        context: read.context.clone().map(|context| context.into_iter().collect()),
        native: read.native.as_ref().map(suite_json).transpose()?,
        default: read.default.as_ref().map_or(Ok(Json::Null), suite_json)?,
        now_ms: read.now_ms.unwrap_or_else(present_ms),
        hash_id: None,
    })
}

/// Returns the present time in milliseconds since 1970. A clock before 1970 counts as 1970.
fn present_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

fn suite_json(value: &Value) -> Outcome<Json> {
    Json::parse(&value.to_string()).map_err(|error| adapter(error.what))
}

fn answer(profile: Profile, question: &Question) -> Result<ReadAnswer, Broken> {
    let answer = Engine.read(profile, question)?;
    let getters = Engine.getters(profile, question)?;
    let (value, text) = value_and_text(&answer.value);
    let boolean = |name| getters.get(name).and_then(Json::boolean);
    let properties = getters.get("properties").map(|properties| {
        let members = properties.members().iter();
        let text = |value: &Json| value.text().unwrap_or_default().to_owned();
        members.map(|(name, value)| (name.clone(), text(value))).collect()
    });
    let trace = answer.trace.map(|steps| steps.iter().map(Step::to_json).collect::<Vec<_>>());
    Ok(ReadAnswer {
        value,
        text,
        is_set: boolean("isSet"),
        exists: boolean("exists"),
        locked: boolean("locked"),
        version: getters.get("version").and_then(Json::integer),
        strategy_id: answer.strategy_id,
        reason: Some(answer.reason),
        bucket: answer.bucket,
        trace: trace.and_then(|steps| serde_json::from_str(&Json::List(steps).to_string()).ok()),
        properties,
        ..ReadAnswer::default()
    })
}

/// Returns a value for the answer. Numbers keep their decimals in the text.
fn value_and_text(value: &Json) -> (Value, Option<String>) {
    match value {
        Json::Number(token) => (number_json(token), Some(token.clone())),
        other => {
            let value: Value = serde_json::from_str(&other.to_string()).unwrap_or_default();
            let text = text(&value);
            (value, text)
        }
    }
}
