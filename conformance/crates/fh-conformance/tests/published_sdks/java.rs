//! java-client-jersey, whose models of payloads have types.

use fh_edge::Options;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::forms::{StrictStrategy, few_forms};
use crate::sdk::{Installed, Mode, Sdk};
use crate::stage::{CLIENT_KEY, Stage, evaluated};

/// Returns a feature for each form of a strategy that a strict reader refuses as written.
fn features() -> Vec<Value> {
    let second = json!({"id": "t", "value": "y", "percentage": 300_000});
    let refused =
        few_forms().into_iter().filter(|(_, form)| StrictStrategy::deserialize(form).is_err());
    let feature = |(number, (_, form)): (usize, (String, Value))| {
        json!({
            "id": format!("00000000-0000-4000-8000-{number:012}"), "key": format!("F{number:03}"),
            "version": 1, "type": "STRING", "value": "default", "strategies": [form, second]
        })
    };
    refused.enumerate().map(feature).collect()
}

/// Returns the number of features that the SDK holds.
fn held(answers: &[Value]) -> usize {
    answers.iter().filter(|answer| answer["exists"] == true).count()
}

#[test]
#[ignore = "needs Java and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn it_reads_the_payload_of_strategies_that_it_refuses_as_written() {
    let features = features();
    let stage = Stage::of(json!(features), Options::default());
    let mut sdk = Sdk::start(&Installed::Java, &stage, CLIENT_KEY, Mode::Stream, None);
    let context = json!({"country": "nz"});
    sdk.until("F000", &json!("default"), &context);
    let answers: Vec<Value> =
        sdk.answers(&context, &Value::Null).into_iter().map(|(_, answer)| answer).collect();
    assert_eq!(held(&answers), features.len());
    // Without a user key, no percentage matches, so that the buckets of the SDK do not count.
    assert_eq!(sdk.values(&context), evaluated(&json!(features), &context));
    // As written, one of these features takes the other with it.
    let good = json!({"id": "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0", "key": "GOOD", "l": false, "version": 1, "type": "STRING", "value": "x"});
    let mut holds_good = |feature: &Value| {
        let mut feature = feature.clone();
        feature["l"] = json!(false);
        let payload = json!([feature, good]).to_string();
        let reads = json!([{"feature": "GOOD", "type": "STRING"}]);
        let answer = sdk.ask("evaluate", json!({"payload": payload, "reads": reads}));
        held(answer["answers"].as_array().unwrap()) == 1
    };
    assert!(holds_good(&good));
    let refused = features.iter().filter(|feature| !holds_good(feature)).count();
    println!("{} forms: {refused} refused as written, 0 as served", features.len());
    assert!(refused > 10, "{refused}");
}
