//! The id of a strategy that has none in the state: the same in every answer.

use fh_edge::state::Json;
use fh_edge::{AdminKey, Options};
use serde_json::{Value, json};

use crate::http::request;
use crate::shop::{CLIENT_KEY, SERVER_KEY, serve, state};

const KEY: &str = "an-admin-key-for-tests";

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_names_the_same_id_and_the_admin_api_the_strategy_as_written() {
    let mut options = Options::default();
    options.admin_key = Some(AdminKey::new(KEY).unwrap());
    let mut state = state();
    let value = state.environments[0].values.get_mut("NEW_CHECKOUT").unwrap();
    let written = value.strategies[0].as_str().replace(r#""id":"kiwi","#, "");
    value.strategies = [r#"{"percentage":"all","value":true}"#, &written]
        .map(|strategy| Json::parse(strategy).unwrap())
        .to_vec();
    let (address, _edge) = serve(state, options).await;
    let bearer = format!("Bearer {KEY}");
    let admin = [("authorization", &*bearer), ("content-type", "application/json")];
    let kiwi = ("x-featurehub", "country=new_zealand");
    let context = r#"{"context":{"country":"new_zealand"}}"#;
    let asked =
        r#"{"environment":"dev","features":["NEW_CHECKOUT"],"context":{"country":"new_zealand"}}"#;
    let rollout =
        r#"{"environment":"dev","feature":"NEW_CHECKOUT","people":1,"attribute":"userkey"}"#;
    let poll = |key| format!("/features?apiKey={key}");
    let (client, server) = (poll(CLIENT_KEY), poll(SERVER_KEY));
    let ofrep = [("x-api-key", SERVER_KEY)];
    for (method, path, headers, body, place, expected) in [
        ("GET", &*server, &[kiwi][..], "", "/0/features/0/v", json!("rs-2")),
        ("GET", &*client, &[], "", "/0/features/0/strategies/0/id", json!("rs-2")),
        ("GET", &*client, &[], "", "/0/features/0/strategies/1", Value::Null),
        (
            "POST",
            "/ofrep/v1/evaluate/flags/NEW_CHECKOUT",
            &ofrep,
            context,
            "/variant",
            json!("rs-2"),
        ),
        ("POST", "/admin/v1/evaluate", &admin, asked, "/features/0/strategy", json!("rs-2")),
        ("POST", "/admin/v1/rollout", &admin, rollout, "/strategies/1/strategyId", json!("rs-2")),
        ("GET", "/admin/v1/features/dev", &admin, "", "/features/0/strategies/1/id", Value::Null),
    ] {
        let reply = request(address, method, path, headers, body).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let found = reply.json().pointer(place).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{path} {place}: {}", reply.body);
    }
    let feature = request(address, "GET", "/admin/v1/features/dev", &admin, "").await.json();
    let problems = feature["features"][0]["diagnostics"][0]["error"].as_str().unwrap();
    assert!(problems.ends_with("; the strategy is left out of payloads"), "{problems}");
}
