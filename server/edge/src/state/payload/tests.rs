//! Forms of strategies, and what clients get of each.

use fh_eval::featurehub::Document;
use fh_eval::{Attributes, Ruleset, Subject, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::state::{Feature, FeatureValue};
use forms::{StrictStrategy, forms, set};

#[path = "../../../tests/it/forms.rs"]
mod forms;

fn text(strategies: &[Value]) -> FeatureText {
    let feature: Feature =
        serde_json::from_value(json!({"id": uuid::Uuid::nil(), "key": "F", "type": "STRING"}))
            .unwrap();
    let strategies = strategies.iter().map(|one| Json::parse(&one.to_string()).unwrap()).collect();
    let value = Some(Json::text("default"));
    FeatureText::of(&feature, Some(&FeatureValue { value, strategies, ..Default::default() }), 1)
}

/// Returns the list that clients get.
fn served(strategies: &[Value]) -> Vec<Value> {
    let text = text(strategies);
    let payload = Payload::of(&text);
    serde_json::from_str(payload.strategies.as_deref().unwrap_or(text.strategies())).unwrap()
}

fn ruleset(strategies: &[Value]) -> Ruleset {
    let text = text(strategies);
    let body = format!("[{}]", text.json());
    let environment = Document::parse(body.as_bytes()).unwrap().only().unwrap();
    Compiler::new(Profile::Client).compile(&environment)
}

/// Returns the answers for contexts of several kinds.
fn answers(strategies: &[Value]) -> Vec<Option<String>> {
    let ruleset = ruleset(strategies);
    let mut contexts = vec![Attributes::builder().build()];
    for number in 0..40 {
        let user = Attributes::builder().user_key(format!("user{number}"));
        contexts.push(user.attribute("country", if number % 2 == 0 { "nz" } else { "uk" }).build());
    }
    let answer = |context: &Attributes| {
        let evaluation =
            ruleset.get("F")?.evaluate(&Subject::new(context, Timestamp::from_millis(0)));
        Some(format!("{:?}", evaluation.value()))
    };
    contexts.iter().map(answer).collect()
}

fn is_read(strategies: &[Value]) -> bool {
    strategies.iter().all(|one| StrictStrategy::deserialize(one).is_ok())
}

#[test]
fn strict_readers_read_each_form_and_no_answer_changes() {
    let second = json!({"id": "t", "value": "y", "percentage": 300_000});
    let (mut all, mut refused, mut left_out) = (0, 0, 0);
    for (name, form) in forms() {
        let written = [form, second.clone()];
        let sent = served(&written);
        assert!(is_read(&sent), "{name}: {sent:?}");
        assert_eq!(answers(&sent), answers(&written), "{name}: {sent:?}");
        // A second pass changes nothing.
        assert_eq!(served(&sent), sent, "{name}");
        all += 1;
        refused += usize::from(!is_read(&written));
        left_out += usize::from(sent.len() < written.len());
    }
    println!("{all} forms: {refused} refused as written, 0 as served; {left_out} left out");
    assert!(refused > 100 && left_out > 100);
}

/// Some SDKs give the value of these strategies to every user, or stop.
#[test]
fn strategies_that_never_match_are_left_out() {
    let rule = |change: Value| {
        let mut rule =
            json!({"fieldName": "a", "type": "STRING", "conditional": "LESS", "values": ["x"]});
        for (member, value) in change.as_object().unwrap() {
            set(&mut rule, member, Some(value).filter(|value| **value != "missing"));
        }
        json!({"attributes": [rule]})
    };
    let mut never = vec![
        json!({"percentage": 1_000_000.5}),
        json!({"percentage": 0}),
        json!({"percentage": null}),
        json!({}),
        json!({"attributes": []}),
        json!({"attributes": {}}),
        json!({"attributes": "x"}),
        json!({"attributes": 5}),
        json!({"attributes": [null]}),
        json!({"percentage": -1, "attributes": [{"fieldName": "a", "type": "STRING", "conditional": "EQUALS", "values": ["x"]}]}),
        rule(json!({"conditional": "IS"})),
        rule(json!({"conditional": "missing"})),
        rule(json!({"type": "TEXT"})),
        rule(json!({"type": "missing"})),
        rule(json!({"fieldName": "missing"})),
        rule(json!({"values": "x"})),
    ];
    for percentage in [json!("20"), json!(true), json!([]), json!({}), json!("x"), json!(20.5)] {
        never.push(json!({"percentage": percentage}));
    }
    for names in [json!("a"), json!([5]), json!([null]), json!({})] {
        never.push(json!({"percentage": 500_000, "percentageAttributes": names}));
    }
    for conditional in
        ["LESS", "LESS_EQUALS", "GREATER", "GREATER_EQUALS", "NOT_EQUALS", "EXCLUDES"]
    {
        for values in [json!(null), json!("missing"), json!([])] {
            // With an empty list, these hold for each value of the attribute.
            if ["NOT_EQUALS", "EXCLUDES"].contains(&conditional) && values == json!([]) {
                continue;
            }
            never.push(rule(json!({"conditional": conditional, "values": values})));
        }
    }
    for mut strategy in never {
        strategy["value"] = json!("x");
        assert_eq!(served(std::slice::from_ref(&strategy)), [] as [Value; 0], "{strategy}");
    }
    for mut strategy in [
        rule(json!({"conditional": "EQUALS", "values": null})),
        rule(json!({"conditional": "EQUALS", "values": "missing"})),
        json!({"percentage": -5}),
        json!({"percentage": 1}),
    ] {
        (strategy["value"], strategy["id"]) = (json!("x"), json!("s"));
        assert_eq!(
            served(std::slice::from_ref(&strategy)),
            [strategy.clone()],
            "it can match, or changes other shares"
        );
    }
}

#[test]
fn strategies_without_an_id_get_one() {
    let ids = |ids: &[Value]| -> Vec<String> {
        let strategies: Vec<Value> =
            ids.iter().map(|id| json!({"id": id, "percentage": 1, "value": "x"})).collect();
        served(&strategies).iter().map(|one| one["id"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(ids(&[json!("a"), json!(null), json!(""), json!(7)]), ["a", "rs-2", "rs-3", "rs-4"]);
    assert_eq!(ids(&[json!("rs-2"), json!(null), json!("rs-2-2")]), ["rs-2", "rs-2-3", "rs-2-2"]);
    assert_eq!(
        ids(&[json!("rs-id"), json!("rs-id")]),
        ["rs-id", "rs-id"],
        "as FeatureHub sends them"
    );
    // A strategy that is left out counts.
    assert_eq!(served(&[json!({}), json!({"percentage": 1})])[0]["id"], "rs-2");
}
