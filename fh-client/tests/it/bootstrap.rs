//! The values of a context as a document for other programs, checked against `docs/reference/bootstrap.md` and its JSON Schema.

use fh_client::testing::{CLIENT_KEY, MemoryEdge, SERVER_KEY};
use fh_client::{Bootstrap, ContextValues, Reason};
use serde_json::{Value, json};

use crate::support::{PATIENCE, started};

fn schema() -> jsonschema::Validator {
    let schema = include_str!("../../../docs/reference/bootstrap.schema.json");
    jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap()
}

/// Returns the document of these values. Fails if the schema does not accept it.
fn document(values: &ContextValues) -> Value {
    let document = serde_json::to_value(values).unwrap();
    let problems: Vec<String> =
        schema().iter_errors(&document).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{document}: {problems:?}");
    document
}

/// Returns an Edge with a feature of each type. One of them has rules that name another user.
fn edge() -> MemoryEdge {
    let edge = MemoryEdge::new();
    edge.set("FLAG", true);
    edge.set("COLOUR", "red");
    edge.set_strategies(
        "COLOUR",
        &json!([
            {"id": "vip", "value": "gold", "attributes": [
                {"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["zoe@harbour.example"]}]},
            {"id": "kiwi", "percentage": 1_000_000, "value": "</script>green", "attributes": [
                {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]),
    );
    edge.set("LIMIT", 7.5);
    edge.set("BIG", 9_007_199_254_740_993_u64);
    edge.set_json("CONFIG", &json!({"depth": 3}));
    edge
}

#[test]
fn a_context_bootstraps_a_page() {
    let edge = edge();
    let client = started(edge.client());
    let aroha = client.context().user_key("aroha@harbour.example").country("new_zealand").build();
    let values = aroha.values();
    let document = document(&values);
    assert_eq!(document["format"], 1);
    assert_eq!(document["generation"], values.generation());
    assert_eq!(document["time"], values.time().to_string());
    assert_eq!(document["context"].as_str(), values.context_hash().as_deref());
    let feature = |key: &str| {
        let features = document["features"].as_array().unwrap();
        let mut feature = features.iter().find(|feature| feature["key"] == key).unwrap().clone();
        feature.as_object_mut().unwrap().remove("version");
        feature
    };
    for (key, kind, value, reason, variant) in [
        ("FLAG", "BOOLEAN", json!(true), "STATIC", "default"),
        ("COLOUR", "STRING", json!("</script>green"), "SPLIT", "kiwi"),
        ("LIMIT", "NUMBER", json!(7.5), "STATIC", "default"),
        ("BIG", "NUMBER", json!("9007199254740993"), "STATIC", "default"),
        ("CONFIG", "JSON", json!(r#"{"depth":3}"#), "STATIC", "default"),
    ] {
        let expected =
            json!({"key": key, "type": kind, "value": value, "reason": reason, "variant": variant});
        assert_eq!(feature(key), expected);
    }
    let read_back: Bootstrap = serde_json::from_value(document).unwrap();
    assert_eq!(read_back, Bootstrap::from(&values));
}

#[test]
fn a_document_contains_no_rule_attribute_or_key() {
    let edge = edge();
    let client = started(edge.client());
    let aroha = client
        .context()
        .user_key("aroha@harbour.example")
        .country("new_zealand")
        .attribute("secret", ["hunter2"])
        .build();
    let values = aroha.values();
    let details = serde_json::to_string(&values.to_vec()).unwrap();
    let id = values[0].id.clone().unwrap();
    let environment = values[0].environment.clone().unwrap();
    for text in [document(&values).to_string(), details] {
        for secret in [
            "aroha",
            "zoe",
            "hunter2",
            "new_zealand",
            "country",
            "userkey",
            "EQUALS",
            "1000000",
            "gold",
            CLIENT_KEY,
            &id,
            &environment,
        ] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(!format!("{values:?}").contains("hunter2"));
}

#[test]
fn different_contexts_have_different_hashes() {
    let edge = edge();
    let client = started(edge.client());
    let hash = |plan: &[&str]| {
        let context = client.context().user_key("mara").attribute("plan", plan).build();
        document(&context.values())["context"].as_str().unwrap().to_string()
    };
    assert_eq!(hash(&["gold", "a"]), hash(&["gold", "a"]));
    assert_ne!(
        hash(&["gold", "a"]),
        hash(&["a", "gold"]),
        "the first value counts for percentages"
    );
    assert_ne!(hash(&["a", "b"]), hash(&["a,b"]));
    // docs/reference/bootstrap.md hashes the text `plan=gold,a%2Cb&userkey=mara`.
    assert_eq!(
        hash(&["gold", "a,b"]),
        "990652b3c4e323fe161e65dfe7cd61cbedb67dfe847f3e9fca77f26f231eb67c"
    );
    assert_eq!(document(&client.values())["context"], Value::Null);
}

#[test]
fn another_context_of_a_server_evaluated_key_has_no_values() {
    let edge = edge();
    let client = edge.client_with(SERVER_KEY).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let fred = client.context().user_key("fred").build();
    let document = document(&fred.values());
    for feature in document["features"].as_array().unwrap() {
        assert_eq!((&feature["value"], &feature["reason"]), (&Value::Null, &json!("NOT_READY")));
    }
    let read_back: Bootstrap = serde_json::from_value(document).unwrap();
    assert!(read_back.features.iter().all(|feature| feature.reason == Reason::NotReady));
}
