use serde_json::{Value, json};

use crate::tool::{fh, fh_with, file};

fn answers(profile: &str, cases: &str) -> Vec<Value> {
    let run = fh_with(&["eval", "--cases", "-", "--profile", profile], cases).expect(0);
    run.json().as_array().unwrap().clone()
}

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
fn a_feature_without_a_key_evaluates_whole() {
    let case = |key: &str| {
        format!(
            r#"[{{"id": 1, "feature": {{{key} "id": "f", "type": "STRING", "value": "no", "strategies": [
                {{"id": "all", "percentage": 1000000, "value": "yes"}}]}}, "context": {{"userkey": "u"}}}}]"#
        )
    };
    let expected = answers("client", &case(r#""key": "K","#));
    assert_eq!(expected[0]["value"], "yes");
    for key in ["", r#""key": null,"#, r#""key": 7,"#, r#""key": "","#] {
        assert_eq!(answers("client", &case(key)), expected, "{key}");
    }
}

#[test]
fn no_context_is_not_an_empty_one() {
    let feature = r#"{"id": "f", "type": "STRING", "value": "no", "strategies": [
        {"id": "all", "percentage": 1000000, "percentageAttributes": ["company"], "value": "yes"}]}"#;
    let cases = format!(
        r#"[{{"feature": {feature}, "context": null}}, {{"feature": {feature}}}, {{"feature": {feature}, "context": {{}}}}]"#
    );
    let answers = answers("client", &cases);
    let reasons: Vec<&Value> = answers.iter().map(|answer| &answer["reason"]).collect();
    assert_eq!(reasons, ["DEFAULT", "DEFAULT", "SPLIT"]);
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
    fh(&["eval", "--cases", &path, "--key", "K"]).refused(2, &["--cases"]);
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

/// Compares with recorded answers of published implementations. `expect` is the answer in profile client; `deviates.edge` is the
/// server's answer if it differs.
#[test]
fn imported_observations() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance/data/imported/featurehub");
    let mut compared = [0, 0];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        if cases[0]["expect"]["matched"].is_null() {
            continue;
        }
        for (index, profile) in ["client", "edge"].into_iter().enumerate() {
            let answers = answers(profile, &text);
            assert_eq!(answers.len(), cases.len());
            for (case, answer) in cases.iter().zip(&answers) {
                let deviation = (profile == "edge")
                    .then(|| &case["deviates"]["edge"])
                    .filter(|seen| !seen.is_null());
                if deviation.is_some_and(|seen| !seen["error"].is_null()) {
                    continue;
                }
                let expected = deviation.unwrap_or(&case["expect"]);
                let place = format!("{} {} under {profile}: {answer}", path.display(), case["id"]);
                assert_eq!(answer["id"], case["id"], "{place}");
                for member in ["matched", "strategyId", "value"] {
                    if let Some(expected) = expected.get(member) {
                        assert_eq!(&answer[member], expected, "{place}");
                    }
                }
                compared[index] += 1;
            }
        }
    }
    // All files must have been compared.
    assert!(compared[0] >= 174 && compared[1] >= 150, "{compared:?}");
}
