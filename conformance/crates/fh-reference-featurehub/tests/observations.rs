//! Compares the reference with recorded answers of real FeatureHub implementations.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fh_reference_featurehub::{
    Answer, Options, Payload, Profile, bucket, context_from_json, evaluate,
};
use serde_json::Value;
use serde_json::value::RawValue;

/// A time between the two years that the cases on `now` use.
const NOW: i64 = 1_900_000_000_000;

fn imported(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/imported").join(folder)
}

/// The members of a JSON object, each as its JSON text.
type Members = BTreeMap<String, Box<RawValue>>;

fn member<T: serde::de::DeserializeOwned>(members: &Members, name: &str) -> T {
    serde_json::from_str(members[name].get()).unwrap()
}

fn served(answer: &Answer) -> Value {
    answer.value.as_ref().map_or(Value::Null, |token| serde_json::from_str(token).unwrap())
}

#[test]
fn imported_cases() {
    let (mut client_cases, mut edge_cases, mut edge_errors, mut edge_deviations) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(imported("featurehub")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let is_cases = path.extension().is_some_and(|e| e == "json");
        if !is_cases || name == "values" || name == "murmur" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for case in serde_json::from_str::<Vec<Members>>(&text).unwrap() {
            let id: String = member(&case, "id");
            let context = context_from_json(case["context"].get()).unwrap();
            let run = |profile| {
                let options = Options::new(profile, NOW);
                evaluate(case["feature"].get(), context.as_ref(), &options).unwrap()
            };
            let expect: Value = member(&case, "expect");

            let client = run(Profile::Client);
            client_cases += 1;
            let id_of =
                |answer: &Answer| answer.strategy_id.clone().map_or(Value::Null, Value::from);
            if client.matched != expect["matched"]
                || id_of(&client) != expect["strategyId"]
                || served(&client) != expect["value"]
            {
                wrong.push(format!("client {name} {id}: {client:?}"));
            }

            let deviates: Value = case
                .get("deviates")
                .map_or(Value::Null, |d| serde_json::from_str(d.get()).unwrap());
            if deviates["edge"]["error"] == true {
                edge_errors += 1;
                // If the server raises an error, the rule does not match.
                assert!(
                    !run(Profile::Edge).matched || name == "malformed" || name == "attributes",
                    "{name} {id}"
                );
                continue;
            }
            let edge = run(Profile::Edge);
            edge_cases += 1;
            edge_deviations += usize::from(deviates.get("edge").is_some());
            let expect = deviates.get("edge").unwrap_or(&expect);
            if edge.matched != expect["matched"] || id_of(&edge) != expect["strategyId"] {
                wrong.push(format!("edge {name} {id}: {edge:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(client_cases, 174);
    assert_eq!((edge_cases + edge_errors, edge_deviations > 10), (174, true));
}

#[test]
fn imported_getters() {
    let text = std::fs::read_to_string(imported("featurehub/values.json")).unwrap();
    let cases: Vec<Members> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let id: String = member(&case, "id");
        let expect: Value = member(&case, "expect");
        let payload = Payload::read(format!("[{}]", case["feature"].get()).as_bytes()).unwrap();
        let context = context_from_json(case["context"].get()).unwrap();
        let getters = payload.getters("K", context.as_ref(), &Options::new(Profile::Client, NOW));
        let number = getters.number.map_or(Value::Null, |n| serde_json::from_str(&n).unwrap());
        assert_eq!(serde_json::json!(getters.boolean), expect["boolean"], "{id}");
        assert_eq!(serde_json::json!(getters.string), expect["string"], "{id}");
        assert_eq!(number, expect["number"], "{id}");
        assert_eq!(serde_json::json!(getters.json), expect["json"], "{id}");
        assert_eq!(serde_json::json!(getters.is_set), expect["isSet"], "{id}");
        assert_eq!(serde_json::json!(getters.exists), expect["exists"], "{id}");
        assert_eq!(serde_json::json!(getters.is_enabled), expect["isEnabled"], "{id}");
    }
}

#[test]
fn imported_hashes() {
    let text = std::fs::read_to_string(imported("featurehub/murmur.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 19);
    for case in cases {
        let (key, id) = (case["key"].as_str().unwrap(), case["featureId"].as_str().unwrap());
        let of = |profile| bucket(key, id, &Options::new(profile, NOW));
        assert_eq!(Value::from(of(Profile::Client)), case["bucket"], "{key}");
        assert_eq!(Value::from(of(Profile::Edge)), case["edgeBucket"], "{key}");
    }
}

/// 60 features times 150 contexts, answered by a running server.
#[test]
fn a_running_server() {
    let text = std::fs::read_to_string(imported("featurehub-live/evaluations.json")).unwrap();
    let document: Members = serde_json::from_str(&text).unwrap();
    let payload = Payload::read(document["features"].get().as_bytes()).unwrap();
    let defaults: Vec<Value> = member(&document, "features");
    let value_ids: BTreeMap<String, String> = member(&document, "valueIds");
    let evaluations: Vec<Members> = member(&document, "evaluations");
    let (mut answers, mut matches, mut with_own_id) = (0, 0, 0);
    for evaluation in &evaluations {
        let context = context_from_json(evaluation["context"].get()).unwrap();
        let matched: BTreeMap<String, (String, Value)> = member(evaluation, "matched");
        for default in &defaults {
            let key = default["key"].as_str().unwrap();
            let mut options = Options::new(Profile::Edge, NOW);
            let by_feature_id = payload.evaluate(key, context.as_ref(), &options).unwrap();
            options.hash_id = Some(value_ids[key].clone());
            let answer = payload.evaluate(key, context.as_ref(), &options).unwrap();
            let ours = (answer.strategy_id.clone(), served(&answer));
            let theirs = match matched.get(key) {
                Some((id, value)) => (Some(id.clone()), value.clone()),
                None => (None, default["value"].clone()),
            };
            assert_eq!(ours, theirs, "{key} {}", evaluation["header"].get());
            answers += 1;
            matches += usize::from(answer.matched);
            with_own_id += usize::from(by_feature_id.value == answer.value);
        }
    }
    assert_eq!(answers, 9000);
    assert!(matches > 1000 && with_own_id < 9000, "{matches} {with_own_id}");
}
