//! `fh eval --system featuresignals --cases`: evaluates a file of cases, for other programs.

use std::collections::BTreeMap;

use fh_eval::featuresignals::{Compiler, Context, Document, reason};
use fh_eval::internal::mend;
use fh_eval::{Ruleset, Subject, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::payload::read_bytes;
use crate::screen::Screen;
use crate::systems::featuresignals::flags::{json_of, parse};

/// A file of cases, each with a ruleset, or of steps, whose ruleset is in another file.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    cases: Vec<Case>,
    #[serde(default)]
    flag_keys: Vec<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Case {
    id: Option<Value>,
    name: Option<Value>,
    ruleset: Box<RawValue>,
    flag_key: Option<String>,
    context: Option<Box<RawValue>>,
    #[serde(default)]
    contexts: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Step {
    context: Box<RawValue>,
}

/// The result of one flag, as FeatureSignals' server writes it.
#[derive(Serialize)]
struct Answer {
    flag_key: String,
    value: Option<Box<RawValue>>,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_key: Option<String>,
}

/// Evaluates the cases in a file. With `state`, the file has steps, whose ruleset is in the file `state`.
pub(super) fn run(
    path: &str,
    state: Option<&str>,
    now: Timestamp,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let (name, text) = read_text(path)?;
    let wrong = |why: &dyn std::fmt::Display| Failure::Input(format!("{name}: {why}"));
    let expected = match state {
        None => {
            "give {\"cases\": [{\"id\", \"ruleset\", \"flag_key\", \"context\"}]}, or cases with \"contexts\""
        }
        Some(_) => "give {\"flag_keys\": [..], \"steps\": [{\"context\"}]}",
    };
    let file: File =
        serde_json::from_str(&text).map_err(|error| wrong(&format!("{error}: {expected}")))?;
    let rows: Vec<Value> = match state {
        None if file.cases.is_empty() => return Err(wrong(&expected)),
        None => (1..).zip(&file.cases).map(|(number, case)| of_case(number, case, now)).collect(),
        Some(_) if file.steps.is_empty() => return Err(wrong(&expected)),
        Some(state) => {
            let (name, text) = read_text(state)?;
            let ruleset = Compiler::new().compile(&parse(&name, text.as_bytes())?);
            (1..)
                .zip(&file.steps)
                .map(|(number, step)| match Context::from_json(step.context.get()) {
                    Err(error) => json!({ "id": number, "error": error.to_string() }),
                    Ok(context) => {
                        let answers: Vec<Answer> = file
                            .flag_keys
                            .iter()
                            .map(|key| answer(&ruleset, key, &context, now))
                            .collect();
                        json!({ "id": number, "results": answers })
                    }
                })
                .collect()
        }
    };
    json_output::rows(screen.raw(), rows)?;
    Ok(Status::Fine)
}

/// Reads a text, in which a lone surrogate, which no text of Rust can hold, becomes U+FFFD.
fn read_text(path: &str) -> Result<(String, String), Failure> {
    let (name, bytes) = read_bytes(path)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name, mend(&text).into_owned())),
        Err(error) => Err(Failure::Input(format!("{name}: {error}"))),
    }
}

fn of_case(number: usize, case: &Case, now: Timestamp) -> Value {
    let id = case.id.clone().or_else(|| case.name.clone()).unwrap_or_else(|| number.into());
    let wrong = |why: &dyn std::fmt::Display| json!({ "id": id, "error": why.to_string() });
    let ruleset = match Document::parse(case.ruleset.get().as_bytes()) {
        Ok(document) => Compiler::new().compile(&document),
        Err(error) => return wrong(&error),
    };
    if let (Some(key), Some(context)) = (&case.flag_key, &case.context) {
        let context = match Context::from_json(context.get()) {
            Ok(context) => context,
            Err(error) => return wrong(&error),
        };
        let answer = answer(&ruleset, key, &context, now);
        let mut row = json!(answer);
        if let Some(row) = row.as_object_mut() {
            row.insert("id".to_string(), id);
        }
        return row;
    }
    let contexts: Result<Vec<Context>, _> =
        case.contexts.iter().map(|context| Context::from_json(context.get())).collect();
    match contexts {
        Err(error) => wrong(&error),
        Ok(contexts) => {
            let results = contexts.iter().map(|context| {
                let keys = ruleset.iter().map(|flag| flag.key());
                keys.map(|key| (key, answer(&ruleset, key, context, now))).collect()
            });
            let results: Vec<BTreeMap<&str, Answer>> = results.collect();
            json!({ "id": id, "results": results })
        }
    }
}

fn answer(ruleset: &Ruleset, key: &str, context: &Context, now: Timestamp) -> Answer {
    let Some(flag) = ruleset.get(key) else {
        return Answer {
            flag_key: key.to_string(),
            value: None,
            reason: "NOT_FOUND",
            variant_key: None,
        };
    };
    let evaluation = flag.evaluate(&Subject::new(context.attributes(), now));
    Answer {
        flag_key: key.to_string(),
        value: json_of(&evaluation).and_then(|json| RawValue::from_string(json).ok()),
        reason: reason(&evaluation),
        variant_key: evaluation.variant().map(str::to_string),
    }
}
