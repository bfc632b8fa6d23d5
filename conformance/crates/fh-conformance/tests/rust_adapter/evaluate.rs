//! Evaluation of a payload without a client.

use serde_json::{Value, json};

use crate::Driver;

#[test]
fn a_payload_is_evaluated() {
    let mut driver = Driver::start();
    let payload = r#"[
        {"id": "1", "key": "F", "l": true, "version": 3, "type": "STRING", "value": "all", "strategies": [
            {"id": "gold", "value": "gold", "attributes": [
                {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]},
            {"id": "part", "value": "part", "percentage": 1000000}]},
        {"id": "2", "key": "N", "version": 1, "type": "NUMBER", "value": 1.50, "fp": {"a": "b"}},
        {"id": "3", "key": "T", "version": 1, "type": "BOOLEAN", "value": false, "strategies": [
            {"id": "late", "value": true, "attributes": [
                {"fieldName": "now", "type": "DATE", "conditional": "GREATER", "values": ["2030-01-01"]}]}]}
    ]"#;
    let answers = |driver: &mut Driver, reads: Value| {
        let command = json!({ "payload": payload, "profile": "client", "reads": reads });
        driver.ask("evaluate", command)["answers"].as_array().unwrap().clone()
    };
    let reads = json!([
        { "feature": "F", "type": "STRING", "context": { "plan": ["gold"] } },
        { "feature": "F", "type": "STRING", "native": { "plan": "gold" } },
        { "feature": "F", "type": "STRING", "context": { "userkey": ["fred"] } },
        { "feature": "F", "type": "STRING" },
        { "feature": "N", "type": "NUMBER", "context": {} },
        { "feature": "N", "type": "STRING", "default": "d" },
        { "feature": "X", "type": "BOOLEAN", "default": true },
        { "feature": "T", "type": "BOOLEAN", "context": {}, "now_ms": 1_500_000_000_000_u64 },
        { "feature": "T", "type": "BOOLEAN", "context": {}, "now_ms": 2_500_000_000_000_u64 },
    ]);
    let answers = answers(&mut driver, reads);
    for (answer, expected) in answers.iter().zip([
        json!({ "value": "gold", "strategy_id": "gold", "reason": "STRATEGY_MATCH", "locked": true, "version": 3, "exists": true, "is_set": true }),
        json!({ "value": "gold" }),
        json!({ "value": "part", "strategy_id": "part", "reason": "SPLIT" }),
        json!({ "value": "all" }),
        json!({ "value": 1.5, "text": "1.50", "reason": "STATIC", "properties": { "a": "b" } }),
        json!({ "value": "d", "reason": "TYPE_MISMATCH", "is_set": true }),
        json!({ "value": true, "text": "true", "reason": "NOT_FOUND", "exists": false }),
        json!({ "value": false }),
        json!({ "value": true, "strategy_id": "late" }),
    ]) {
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&answer[name], value, "{name}: {answer}");
        }
    }
    assert_eq!(answers[0]["trace"][0]["outcome"], "MATCH");
    assert!(answers[2]["bucket"].is_u64(), "{}", answers[2]);
    assert_eq!(answers[3].get("strategy_id"), None);
}

#[test]
fn a_payload_that_is_no_json_gives_errors() {
    let mut driver = Driver::start();
    let reads = json!([{ "feature": "F", "type": "STRING" }]);
    let command = json!({ "payload": "[", "profile": "edge", "reads": reads });
    let answer = &driver.ask("evaluate", command)["answers"][0];
    assert!(answer["error"].is_string(), "{answer}");
}
