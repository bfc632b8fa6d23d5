//! Tests that the JSON Schema of state files accepts files that the reader accepts.

use fh_edge::internal::{CODES, STATE_SCHEMA, TEMPLATE};
use fh_edge::state::State;
use fh_edge::state::file::{Form, Options};
use fh_files::{Limits, Node};
use jsonschema::Validator;
use serde_json::Value;

fn schema() -> Validator {
    let schema: Value = serde_json::from_str(STATE_SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn value(text: &str) -> Value {
    let json = Node::parse(text, &Limits::default()).unwrap().to_json();
    serde_json::from_str(&json).unwrap()
}

fn options() -> Options {
    Options::new().secrets(|name| match name {
        "SHOP_KEY" => Some("a*b".to_owned()),
        "ENVIRONMENT" => Some("71ed3c04-122b-4312-9ea8-06b2b8d6ceac".to_owned()),
        _ => None,
    })
}

#[test]
fn it_knows_what_may_be_written() {
    let schema = schema();
    let parsed = State::from_text(TEMPLATE, &options()).unwrap();
    let normalised = serde_json::to_string(&parsed.state).unwrap();
    let codes: Vec<_> = CODES.iter().map(|(code, _)| *code).collect();
    let checks = format!(
        "features: [{{key: A, type: JSON}}, {{key: B, type: JSON}}]
environments: [{{name: dev, values: {{A: {{accept: [{}]}}, B: {{accept: edge}}}}}}]",
        codes.join(", ")
    );
    for text in [
        include_str!("../../../src/state/file/example.yaml"),
        TEMPLATE,
        &normalised,
        &checks,
        "{}",
        "features:\nenvironments:\naccounts:\n",
        "x-own: &a [1]\n$schema: ./state-1.schema.json\nrevision: 7",
        "environments: [{id: '${ENVIRONMENT}', values: }, {name: dev, stale: true, profile: edge}]",
        "features: [{key: A, type: JSON, filters: x, properties: }, {key: B C, type: STRING, filters: }]
environments: [{name: dev, values: {A: [1], B C: , }}, {name: prod, values: {A: {value: {a: 1}, strategies: }, B C: {}}}]
accounts: [{name: a, clientKey: , permissions: }, {serverKey: [a, $$b], permissions: {dev: , prod: []}, filters: [x]}]",
        "features: [{key: A, type: NUMBER}]
environments: [{name: dev, values: {A: {strategies: [{percentage: 100%, disabled: false}, {percentage: 99.9999 %}, {percentage: 1000000},
{percentage: 0.5%, percentageAttributes: [company], attributes: [{fieldName: a, type: NUMBER, conditional: LESS, values: [1.5, null]}]}]}}}]",
    ] {
        let parsed = State::from_text(text, &options());
        assert_eq!(parsed.map(|parsed| parsed.form), Ok(Form::State), "{text}");
        let errors: Vec<String> =
            schema.iter_errors(&value(text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{text}: {errors:?}");
    }
}

#[test]
fn it_knows_what_may_not() {
    let schema = schema();
    for text in [
        "x",
        "feature: []",
        "revision: -1",
        "revision: 1.5",
        "features: {}",
        "features: [x]",
        "features: [{key: A}]",
        "features: [{type: JSON}]",
        "features: [{key: A, type: boolean}]",
        "features: [{key: 5, type: JSON}]",
        "features: [{key: ' A', type: JSON}]",
        "features: [{key: '', type: JSON}]",
        "features: [{key: A, type: JSON, id: 1-1-1-1-1}]",
        "features: [{key: A, type: JSON, name: B}]",
        "features: [{key: A, type: JSON, version: x}]",
        "features: [{key: A, type: JSON, properties: {a: 1}}]",
        "features: [{key: A, type: JSON, filters: [1]}]",
        "environments: {dev: {}}",
        "environments: [{}]",
        "environments: [{id: x}]",
        "environments: [{name: 5}]",
        "environments: [{name: dev, stale: yes}]",
        "environments: [{name: dev, profile: server}]",
        "environments: [{name: dev, cacheControl: \"a\\nb\"}]",
        "environments: [{name: dev, cacheControl: ''}]",
        "environments: [{name: dev, cache: x}]",
        "environments: [{name: dev, values: [A]}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {a: 1}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {locked: 1}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {retired: x}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {version: -1}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {valueId: 1}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {strategies: {}}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {accept: [Edge]}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {accept: {edge: true}}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {strategies: [x]}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {strategies: [{percentage: 101%}]}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {strategies: [{percentage: 1.23456%}]}}}]",
        "features: [{key: A, type: JSON}]\nenvironments: [{name: dev, values: {A: {strategies: [{disabled: true}]}}}]",
        "accounts: [x]",
        "accounts: [{key: a*b}]",
        "accounts: [{clientKey: ab}]",
        "accounts: [{clientKey: [a*b, 5]}]",
        "accounts: [{clientKey: a/b*c}]",
        "accounts: [{serverKey: a*b}]",
        "accounts: [{serverKey: ''}]",
        "accounts: [{serverKey: a b}]",
        "accounts: [{serverKey: a, permissions: [READ]}]",
        "environments: [{name: dev}]\naccounts: [{serverKey: a, permissions: {dev: WRITE}}]",
        "environments: [{name: dev}]\naccounts: [{serverKey: a, permissions: {dev: [read]}}]",
    ] {
        assert!(State::from_text(text, &options()).is_err(), "{text}");
        assert!(!schema.is_valid(&value(text)), "{text}");
    }
}
