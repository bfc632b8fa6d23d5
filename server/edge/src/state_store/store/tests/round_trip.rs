//! PUT accepts the state that `GET /admin/v1/state` returns (D-118), whatever was changed before.

use proptest::prelude::*;

use super::*;
use crate::state::file::{Options, read_strategies};

const KINDS: &str = r#"{"features": [
    {"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "A", "type": "STRING"},
    {"id": "76b612ae-a782-4780-aeaa-597870a8c3ea", "key": "B", "type": "NUMBER"},
    {"id": "95f6c09a-20e7-41e2-9014-1421682b71b1", "key": "C", "type": "BOOLEAN"},
    {"id": "c1f6c09a-20e7-41e2-9014-1421682b71b1", "key": "D", "type": "JSON", "filters": ["web"]}],
  "environments": [{"id": "71ed3c04-122b-4312-9ea8-06b2b8d6ceac", "name": "dev", "cacheControl": "max-age=5"}],
  "accounts": [{"name": "x", "clientKey": ["a$$b*"], "serverKey": ["$c"],
    "permissions": {"71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ", "LOCK"]}}]}"#;

/// Generates JSON of every kind: numbers that no double holds, misspelt names, depth beyond the limit.
fn json() -> impl Strategy<Value = String> {
    let numbers = ["0", "-0", "7.50", "1e400", "1e-400", "25", "1000000", "1e5"].map(str::to_owned);
    let numbers = prop::sample::select([&numbers[..], &["9".repeat(401)]].concat());
    let texts = "[a-z$%{}\\\\\"é0-9 ]{0,6}|25%|-?[0-9]{1,3}(\\.[0-9])?|[{\\[]";
    let leaf = prop_oneof![
        numbers,
        texts.prop_map(|text| Json::text(&text).as_str().to_owned()),
        prop::sample::select(vec!["null".to_owned(), "true".to_owned(), "false".to_owned()]),
        (60..130_usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
    ];
    let names = [
        "id",
        "name",
        "percentage",
        "percentageAttributes",
        "value",
        "attributes",
        "disabled",
        "conditional",
        "fieldName",
        "values",
        "type",
        "atributes",
        "percentge",
        "other",
        "$x",
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let member = (prop::sample::select(names.to_vec()), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..5).prop_map(|members| {
                let members = members.iter().map(|(name, json)| format!("\"{name}\":{json}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
            }),
        ]
    })
}

/// Generates strategies with the mistakes that people make.
fn strategy() -> impl Strategy<Value = String> {
    let rule = (
        prop::sample::select(vec!["country", "now", "email"]),
        prop::sample::select(vec!["STRING", "NUMBER", "DATE"]),
        prop::sample::select(vec!["EQUALS", "LESS", "REGEX", "IS"]),
        prop::sample::select(vec!["values", "values", "values", "value"]),
        json(),
    );
    let rule = rule.prop_map(|(field, kind, conditional, values, json)| {
        format!(
            r#"{{"fieldName": "{field}", "type": "{kind}", "conditional": "{conditional}", "{values}": [{json}]}}"#
        )
    });
    let percentage = prop::sample::select(vec!["25", "\"12.5%\"", "null", "1e400", "\"x\""]);
    let rules = prop::sample::select(vec!["attributes", "attributes", "attributes", "atributes"]);
    let strategy = (percentage, json(), rules, prop::collection::vec(rule, 0..3));
    strategy.prop_map(|(percentage, value, name, rules)| {
        let rules = rules.join(",");
        format!(
            r#"{{"id": "s", "percentage": {percentage}, "value": {value}, "{name}": [{rules}]}}"#
        )
    })
}

proptest! {
    #[test]
    fn put_accepts_the_state_that_get_returns(
        changes in prop::collection::vec((0..4_usize, json(), prop::collection::vec(strategy(), 0..3), any::<bool>()), 1..8),
        puts in prop::collection::vec((0..4_usize, json()), 0..4),
    ) {
        let first = State::from_text(KINDS, &Options::new().verbatim()).unwrap().state;
        let mut store = StateStore::open(first, Records::default(), at(1000));
        let features = store.state().features.clone();
        for (which, value, strategies, locked) in changes {
            let feature = &features[which];
            let list = format!("[{}]", strategies.join(","));
            let strategies = read_strategies(&list, feature, fh_eval::Profile::Client).ok();
            let change = FeatureChange { strategies, locked: Some(locked), ..FeatureChange::default() };
            store.patch(&place(&feature.key), &change, at(2000)).unwrap();
            if let Ok(value) = Json::parse(&value) {
                let value = Some(Some(value).filter(|value| !value.is_null()));
                let change = FeatureChange { value, ..FeatureChange::default() };
                let _ = store.patch(&place(&feature.key), &change, at(2000));
            }
        }
        for (which, value) in puts {
            let body = format!("{{\"value\": {value}, \"updateValue\": true, \"lock\": false}}");
            let _ = put(&mut store, &features[which].key, &body, 3000);
        }
        let given = serde_json::to_vec(store.state()).unwrap();
        let taken = State::from_bytes(&given, &Options::new().verbatim());
        let taken = taken.map_err(|why| {
            TestCaseError::fail(format!("{why}\n{}", String::from_utf8_lossy(&given)))
        })?;
        prop_assert_eq!(&taken.state, store.state());
    }
}
