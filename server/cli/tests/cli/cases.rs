use serde_json::{Value, json};

use crate::tool::{fh, fh_with, file};

#[test]
fn broken_cases_do_not_stop_the_others() {
    let feature = r#"{"id": "f", "key": "K", "type": "NUMBER", "value": "7.50", "strategies": [
        {"id": "s", "value": 1e3, "attributes": [{"fieldName": "a", "type": "STRING", "conditional": "EQUALS", "values": ["x"]}]},
        {"id": "t", "percentage": 1000000}]}"#;
    let cases = format!(
        r#"[
        {{"id": "hit", "feature": {feature}, "context": {{"a": "x"}}}},
        7,
        {{"id": {{"n": 1.10}}, "feature": [], "context": {{}}}},
        {{"id": 3, "feature": {feature}, "context": "x"}},
        {{"id": "nobody", "feature": {feature}, "context": null}},
        {{"id": "absent", "feature": {feature}}},
        {{"id": "list", "feature": {feature}, "context": {{"a": ["y", "x"]}}}},
        {{"id": "split", "feature": {feature}, "context": {{"a": [], "userkey": 12}}}},
        {{"feature": {{"value": true}}, "context": {{}}}},
        {{"id": 9, "id": 10, "feature": {{}}, "context": {{"\ud800": 1}}, "\ud800": 1}},
        {{"id": 11, "context": {{}}}}
        ]"#
    );
    let run = fh_with(&["eval", "--cases", "-"], &cases).expect(0);
    // Numbers in ids and values keep their spelling.
    assert!(run.out.contains(
        r#"{"id":"hit","matched":true,"strategyId":"s","value":1e3,"reason":"STRATEGY_MATCH"}"#
    ));
    assert!(run.out.contains(r#"{"id":{"n": 1.10},"error":"#));
    let row = |id: &str, matched, strategy: Value, value: Value, reason| json!({"id": id, "matched": matched, "strategyId": strategy, "value": value, "reason": reason});
    let answers = run.json();
    let error = |index: usize| {
        answers[index]["error"].is_string() && answers[index].as_object().unwrap().len() == 2
    };
    assert!(error(1) && answers[1]["id"].is_null());
    assert!(error(2) && error(3) && answers[3]["id"] == 3);
    assert_eq!(answers[4], row("nobody", false, Value::Null, json!("7.50"), "DEFAULT"));
    assert_eq!(answers[5], row("absent", false, Value::Null, json!("7.50"), "DEFAULT"));
    assert_eq!(answers[6]["strategyId"], "s");
    // A match without a value gives null, with the reason of the match.
    assert_eq!(answers[7], row("split", true, json!("t"), Value::Null, "SPLIT"));
    assert_eq!(
        answers[8],
        json!({"id": null, "matched": false, "strategyId": null, "value": true, "reason": "STATIC"})
    );
    assert_eq!(
        answers[9],
        json!({"id": 10, "matched": false, "strategyId": null, "value": null, "reason": "STATIC"})
    );
    assert!(error(10));
    assert_eq!(answers.as_array().unwrap().len(), 11);
}

#[test]
fn documents() {
    assert_eq!(fh_with(&["eval", "--cases"], "[]").expect(0).json(), json!([]));
    assert_eq!(fh_with(&["eval", "--cases"], "\u{feff} []").expect(0).json(), json!([]));
    let path = file("cases.json", r#"[{"id": 1, "feature": {}, "context": {}}]"#);
    for args in [vec!["eval", "--cases", &path], vec!["eval", "--cases", &path, "--json"]] {
        assert_eq!(fh(&args).expect(0).json()[0]["id"], 1);
    }
    for bad in ["{}", "7", "null", "\"[]\""] {
        fh_with(&["eval", "--cases", "-"], bad).refused(2, &["JSON array"]);
    }
    for bad in ["", "[", "[1,]", "[] []"] {
        fh_with(&["eval", "--cases", "-"], bad).refused(2, &["not JSON"]);
    }
    let differs = r#"[{"feature": {"id": "f", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s", "value": true,
        "attributes": [{"fieldName": "k", "type": "STRING", "conditional": "NOT_EQUALS", "values": ["a", "b"]}]}]}, "context": {"k": "a"}}]"#;
    for (profile, value) in [("client", false), ("edge", true)] {
        let run = fh_with(&["eval", "--cases", "-", "--profile", profile], differs).expect(0);
        assert_eq!(run.json()[0]["value"], value, "{profile}");
    }
}

#[test]
fn deep_and_strange_input_is_survived() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases = format!(
        r#"[{deep}, {{"id": {deep}, "feature": {{"x": {deep}, "value": {deep}}}, "context": {{"a": {deep}}}}},
            {{"id": "\ud800", "feature": {{"key": "\ud800", "value": "\ud800", "type": "STRING"}}, "context": {{"\ud800": "\ud800"}}}}]"#
    );
    let out = fh_with(&["eval", "--cases", "-"], &cases).expect(0).out;
    assert_eq!(out.lines().count(), 5);
    assert!(out.contains(r#"{"id":"\ud800","matched":false"#));
}
