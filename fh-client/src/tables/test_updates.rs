//! Test updates: the bodies of requests, the meaning of responses, and whether a feature has the value and the lock that an update sets.

use fh_eval::{Profile, Ruleset, Subject, Timestamp};
use serde_json::{Value, json};

use super::check;
use crate::test_updates::{NewValue, Outcome, Refusal, Update, read_answer};

/// Returns an update from its form in the tables: `value` is null, a boolean, `{"number": TEXT}` or `{"text": TEXT}`.
fn update(form: &Value) -> Update {
    let mut parts = Vec::new();
    if let Some(value) = form.get("value") {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(ToString::to_string);
        parts.push(Update::value(match value {
            Value::Null => NewValue::Null,
            Value::Bool(value) => NewValue::Bool(*value),
            _ => text("number")
                .map_or_else(|| NewValue::Text(text("text").unwrap()), NewValue::Number),
        }));
    }
    match form.get("lock").and_then(Value::as_bool) {
        Some(true) => parts.push(Update::lock()),
        Some(false) => parts.push(Update::unlock()),
        None => {}
    }
    parts.into_iter().reduce(Update::and).unwrap()
}

#[test]
fn bodies() {
    let numbers = [
        "0",
        "-0",
        "7.50",
        ".5",
        "5.",
        "+5",
        "007",
        "1e3",
        "1E-7",
        "1e400",
        "-1e-400",
        "0.1",
        "12.5",
        "9007199254740991",
        "9007199254740993",
        "1152921504606846976",
        "18446744073709551615",
        "123456789012345678",
        "0.30000000000000004",
        "1.00000000000000000001",
    ];
    let texts = ["", "blue", "a\"b\\c\n\u{1}\u{7f}\u{2028}", "höher 🦆", "null", "7.5"];
    let mut forms: Vec<Value> = vec![
        json!({ "value": null }),
        json!({ "value": true }),
        json!({ "value": false }),
        json!({ "lock": true }),
        json!({ "lock": false }),
        json!({ "value": null, "lock": true }),
        json!({ "value": { "number": "7" }, "lock": false }),
    ];
    forms.extend(numbers.map(|number| json!({ "value": { "number": number } })));
    forms.extend(texts.map(|text| json!({ "value": { "text": text } })));
    let rows: Vec<Value> = forms
        .into_iter()
        .map(|form| json!({ "update": form, "body": update(&form).to_json() }))
        .collect();
    check("update-bodies", &rows);
}

#[test]
fn answers() {
    let long = "long ".repeat(200);
    let texts = [
        "",
        " \u{85}it is locked, cannot change value without also unlocking\n",
        "cannot set flag value to null",
        "null, because it is locked",
        "a\u{0}b\u{9f}c\td",
        "\u{feff}wide 🦆",
        "\u{feff}\n<!doctype html><p>Sign in",
        "<?xml version=\"1.0\"?><ok/>",
        "{\"accepted\":true}",
        &long,
    ];
    let statuses = [200, 201, 202, 204, 302, 400, 401, 403, 404, 407, 409, 412, 429, 500, 503];
    let mut rows = Vec::new();
    for status in statuses {
        for text in texts {
            let (outcome, message) = match read_answer(status, text) {
                Ok(Outcome::Accepted) => ("accepted", None),
                Ok(Outcome::Unchanged) => ("unchanged", None),
                Err(refusal) => (name(&refusal), Some(refusal.to_string())),
            };
            rows.push(json!({
                "status": status,
                "text": text,
                "outcome": outcome,
                "message": message,
            }));
        }
    }
    check("update-answers", &rows);
}

/// Returns the name of a reason in the bindings.
fn name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Nonsense { .. } => "nonsense",
        Refusal::NotPermitted { .. } => "not_permitted",
        Refusal::NoSuchFeature => "no_such_feature",
        Refusal::Locked { .. } => "locked",
        Refusal::NotPossible { .. } => "not_possible",
        Refusal::Unexpected { .. } => "unexpected",
        Refusal::NotApplied => "not_applied",
        Refusal::Unreachable(problem) => problem.as_str(),
        Refusal::Closed => "closed",
    }
}

#[test]
fn applied() {
    let features = [
        json!({ "key": "F", "type": "BOOLEAN", "value": true, "l": true }),
        json!({ "key": "F", "type": "BOOLEAN", "value": "FALSE" }),
        json!({ "key": "F", "type": "BOOLEAN", "value": null }),
        json!({ "key": "F", "type": "NUMBER", "value": 7.50, "l": false }),
        json!({ "key": "F", "type": "NUMBER", "value": "18446744073709551616" }),
        json!({ "key": "F", "type": "NUMBER", "value": "seven" }),
        json!({ "key": "F", "type": "STRING", "value": "7.5" }),
        json!({ "key": "F", "type": "STRING", "value": "" }),
        json!({ "key": "F", "type": "STRING" }),
        json!({ "key": "F", "type": "JSON", "value": "{\"a\":1}" }),
        json!({ "key": "F", "value": "True" }),
        json!({ "key": "F", "type": "STRING", "value": "no", "strategies": [
            { "id": "s", "percentage": 1_000_000, "percentageAttributes": [], "value": "True" },
        ] }),
    ];
    let updates = [
        json!({ "value": null }),
        json!({ "value": true }),
        json!({ "value": false, "lock": false }),
        json!({ "value": { "number": "7.5" } }),
        json!({ "value": { "number": "18446744073709551616" } }),
        json!({ "value": { "number": "18446744073709551615" } }),
        json!({ "value": { "text": "7.50" }, "lock": true }),
        json!({ "value": { "text": "TRUE" } }),
        json!({ "value": { "text": "seven" } }),
        json!({ "value": { "text": "" } }),
        json!({ "value": { "text": "no" } }),
        json!({ "value": { "text": "{\"a\":1}" } }),
        json!({ "value": { "text": "{\"a\": 1}" } }),
        json!({ "lock": true }),
        json!({ "lock": false }),
    ];
    let mut rows = Vec::new();
    for feature in &features {
        let json = feature.to_string();
        let ruleset = Ruleset::from_json(format!("[{json}]").as_bytes(), Profile::Client).unwrap();
        let compiled = ruleset.get("F").unwrap();
        let subject = Subject::without_context(Timestamp::from_millis(0));
        let evaluation = compiled.evaluate(&subject);
        for form in &updates {
            let is_applied =
                update(form).is_applied(compiled.kind(), &evaluation, compiled.is_locked());
            rows.push(json!({ "feature": json, "update": form, "isApplied": is_applied }));
        }
    }
    check("applied-updates", &rows);
}
