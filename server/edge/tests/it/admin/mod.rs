//! Tests of the admin API on a socket.

mod asked;
mod events;
mod guard;
mod page;

use std::net::SocketAddr;
use std::time::Duration;

use fh_edge::origin::relay::{RelayKeys, RelayOptions};
use fh_edge::{AdminKey, Administration, Edge, EdgeHandle, Options};
use fh_test::wait::{PATIENCE, wait_until_async};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::http::Reply;
use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, listen, serve, state};
use asked::{ask, next_event};

const KEY: &str = "an-admin-key-for-tests";

fn options() -> Options {
    let mut options = Options::default();
    options.admin_key = Some(AdminKey::new(KEY).unwrap());
    options
}

async fn shop() -> (SocketAddr, EdgeHandle) {
    serve(state(), options()).await
}

/// Sends a request with the admin key.
async fn admin(address: SocketAddr, request: &str) -> Reply {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    ask(address, &format!("{head}\nauthorization: Bearer {KEY}\n\n{body}")).await
}

async fn patch(address: SocketAddr, feature: &str, body: &Value) -> Reply {
    let path = format!("/admin/v1/features/dev/{feature}");
    admin(address, &format!("PATCH {path}\ncontent-type: application/json\n\n{body}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_listed_without_secrets() {
    let (address, _edge) = shop().await;
    let url = format!("http://{address}");
    let one = fh_client::Client::builder(&url, CLIENT_KEY).start().unwrap();
    tokio::time::timeout(PATIENCE, one.ready()).await.expect("features").unwrap();
    let other = fh_client::Client::builder(&url, SERVER_KEY).start().unwrap();
    let context = fh_client::Attributes::builder().user_key("a-secret-name").build();
    other.set_context(context).await.unwrap();
    let mut connections = String::new();
    // Clients may have values before their streams are open.
    wait_until_async("both streams are listed", async || {
        connections = admin(address, "GET /admin/v1/connections?environment=dev").await.body;
        connections.contains("\"client\"") && connections.contains("\"attributes\":1")
    })
    .await;
    assert!(!connections.contains("a-secret-name") && !connections.contains("reader*"));
    let json: Value = serde_json::from_str(&connections).unwrap();
    assert!(json["count"].as_u64().unwrap() >= 2);
    for connection in json["connections"].as_array().unwrap() {
        assert_eq!(
            (&connection["account"], &connection["environment"]),
            (&json!("reader"), &json!(ENVIRONMENT))
        );
        assert!(connection["since"].as_str().unwrap().starts_with("20"));
    }
    let few = admin(address, "GET /admin/v1/connections?limit=1").await.json();
    assert_eq!(few["connections"].as_array().unwrap().len(), 1);
    assert_eq!(admin(address, "GET /admin/v1/connections?limit=many").await.status, 400);
    assert_eq!(admin(address, "GET /admin/v1/connections?environment=x").await.status, 404);
    let streams = admin(address, "GET /admin/v1/environments").await.json();
    assert!(streams["environments"][0]["streams"].as_u64().unwrap() >= 2);
}

/// The console shows these findings.
#[tokio::test]
async fn a_feature_names_the_probable_mistakes_in_its_strategies() {
    let mut state = state();
    state.environments[0].values.get_mut("BANNER").unwrap().locked = false;
    let (address, handle) = serve(state, options()).await;
    let rule = json!({"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["nz"]});
    let strategies = json!([{"id": "a", "percentage": 25, "value": "x", "attributes": [rule]}]);
    let patched = patch(address, "BANNER", &json!({"strategies": strategies})).await;
    let found: Vec<_> = patched.json()["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (found["severity"].clone(), found["code"].clone(), found["place"].clone()))
        .collect();
    let warning = |code: &str, place: &str| (json!("warning"), json!(code), json!(place));
    let (share, value) = ("strategies[0].percentage", "strategies[0].attributes[0].values");
    assert_eq!(found, [warning("percentage-unit", share), warning("well-known", value)]);
    let mut accepting = handle.state().await.unwrap();
    let value = accepting.environments[0].values.get_mut("BANNER").unwrap();
    value.accept = ["percentage-unit", "well-known"].map(str::to_string).into();
    handle.reload(accepting).await.unwrap();
    let shown = admin(address, "GET /admin/v1/features/dev/BANNER").await;
    assert_eq!(shown.json()["diagnostics"], Value::Null);
    // An accepted warning changes nothing that clients see.
    assert_eq!(shown.json()["version"], patched.json()["version"]);
}

#[tokio::test]
async fn errors_name_the_place_of_the_mistake() {
    let (address, _edge) = shop().await;
    let json = "content-type: application/json";
    let replacing = "if-match: *\ncontent-type: application/json";
    let outdated = "if-match: \"-1\"\ncontent-type: application/json";
    let (patch, put) = ("PATCH /admin/v1/features/dev/BANNER", "PUT /admin/v1/state");
    let (evaluate, rollout) = ("POST /admin/v1/evaluate", "POST /admin/v1/rollout");
    let dev = |rest: &str| format!(r#"{{"environment":"dev",{rest}}}"#);
    let banner = |rest: &str| dev(&format!(r#""feature":"BANNER",{rest}"#));
    let strategies = |list: &str| format!(r#"{{"strategies":[{list}]}}"#);
    let rule = r#"{"fieldName":"x","type":"STRING","conditional":"EQUALS","value":["y"]}"#;
    let rule = format!(r#"{{"attributes":[{rule}]}}"#);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let rows: Vec<(&str, &str, String, u16, &str)> = vec![
        (patch, json, "{".into(), 400, "line 1, column 1"),
        (patch, json, r#"{"valeu":1}"#.into(), 400, "line 1, column 8"),
        (patch, json, r#"{"locked":"yes"}"#.into(), 400, "line 1, column 15"),
        (patch, json, strategies("1"), 422, "strategies[0]"),
        (patch, json, strategies(r#"{"id":"x","atributes":[]}"#), 422, "strategies[0].atributes"),
        (patch, json, strategies(&rule), 422, "strategies[0].attributes[0].value"),
        (patch, json, strategies(r#"{"value":5}"#), 422, "strategies[0].value"),
        (patch, json, strategies(r#"{"id":"x","id":"y"}"#), 422, "strategies"),
        // The limits are those of a state file.
        (patch, json, strategies(&format!(r#"{{"x":{deep}}}"#)), 422, "strategies"),
        (patch, json, r#"{"value":"half \ud83d"}"#.into(), 400, "line 1, column 23"),
        (patch, json, strategies(r#"{"id":"\ud83d"}"#), 400, "line 1, column 31"),
        (
            put,
            replacing,
            r#"{"environments":[{"name":"\udc22"}]}"#.into(),
            400,
            "line 1, column 26",
        ),
        (patch, "accept: */*", "{}".into(), 415, "Content-Type"),
        ("PATCH /admin/v1/features/dev/NOPE", json, "{}".into(), 404, ""),
        ("PATCH /admin/v1/features/prod/BANNER", json, "{}".into(), 404, ""),
        ("GET /admin/v1/features/%ff", json, String::new(), 400, "path"),
        ("DELETE /admin/v1/state", json, String::new(), 405, ""),
        (put, json, "{}".into(), 428, "If-Match"),
        (put, "if-match: \"x\"", "{}".into(), 412, "If-Match"),
        // A number that was never a revision does not mean any revision.
        (put, "if-match: \"-1\"", "{}".into(), 412, "If-Match"),
        (patch, outdated, r#"{"value":"x"}"#.into(), 412, "If-Match"),
        (put, replacing, r#"{"x":1}"#.into(), 400, "x (line 1, column 2)"),
        (evaluate, json, dev(r#""context":[]"#), 400, "context"),
        (evaluate, json, dev(r#""profile":"x""#), 400, "profile"),
        (evaluate, json, dev(r#""now":"noon""#), 400, "now"),
        (evaluate, json, dev(r#""features":["NOPE"]"#), 404, "features"),
        (rollout, json, dev(r#""feature":"NOPE""#), 404, "feature"),
        (rollout, json, banner(r#""people":0"#), 400, "people"),
        (rollout, json, banner(r#""people":1000000"#), 400, "people"),
        (rollout, json, banner(r#""context":{"userkey":"x"}"#), 400, "context"),
    ];
    for (request, header, body, status, place) in rows {
        let answer = admin(address, &format!("{request}\n{header}\n\n{body}")).await;
        let error = answer.json();
        assert!(!error["error"].as_str().unwrap().is_empty(), "{request} {body}");
        let given = (answer.status, error["place"].as_str().unwrap_or_default());
        assert_eq!(given, (status, place), "{request} {body}: {error}");
    }
    let long = format!(r#"{{"value":"{}"}}"#, "x".repeat(2 << 20));
    let request = format!("PATCH /admin/v1/features/dev/BANNER\n{json}\n\n{long}");
    assert_eq!(admin(address, &request).await.status, 413);
    // None of the requests changed the state.
    assert_eq!(admin(address, "GET /admin/v1/environments").await.json()["revision"], 0);
}

#[tokio::test]
async fn a_change_of_an_outdated_version_is_refused() {
    let (address, _edge) = shop().await;
    let seen = admin(address, "GET /admin/v1/features/dev/BANNER").await;
    let tag = seen.header("etag").unwrap().to_string();
    assert_eq!(patch(address, "BANNER", &json!({"value": "first"})).await.status, 200);
    let conditional = |tag: &str, body: &str| {
        format!(
            "PATCH /admin/v1/features/dev/BANNER\ncontent-type: application/json\nif-match: {tag}\n\n{body}"
        )
    };
    let late = admin(address, &conditional(&tag, r#"{"value":"second"}"#)).await;
    assert_eq!(late.status, 412);
    let now = late.header("etag").unwrap().to_string();
    assert_ne!(now, tag);
    let list = format!("{tag}, W/{now}");
    let again = admin(address, &conditional(&list, r#"{"value":null,"retired":true}"#)).await;
    assert_eq!(again.status, 200);
    assert_eq!((&again.json()["value"], &again.json()["retired"]), (&Value::Null, &json!(true)));
    // A change to the current value changes no version.
    let same = admin(address, &conditional("*", r#"{"retired":true}"#)).await;
    assert_eq!(same.header("etag"), again.header("etag"));
}

#[tokio::test]
async fn environments_with_the_same_name_need_their_id() {
    let mut state = state();
    let mut twin = state.environments[0].clone();
    twin.id = "5f0c3c1e-0b0e-4b55-a1c9-5d3ff43c3d1a".parse().unwrap();
    state.environments.push(twin);
    let (address, _edge) = serve(state, options()).await;
    assert_eq!(admin(address, "GET /admin/v1/features/dev").await.status, 409);
    let by_id = format!("GET /admin/v1/features/{}", ENVIRONMENT.to_uppercase());
    assert_eq!(admin(address, &by_id).await.json()["environment"], ENVIRONMENT);
}

#[tokio::test]
async fn a_state_survives_a_round_trip_and_may_be_yaml() {
    let (address, _edge) = shop().await;
    let written = admin(address, "GET /admin/v1/state").await;
    let put = |kind: &str, body: &str| {
        format!("PUT /admin/v1/state\nif-match: *\ncontent-type: {kind}\n\n{body}")
    };
    // The first PUT adds the ids that the state lacks. A second one changes nothing but the revision.
    let listed = |tags| put("application/json", &written.body).replacen('*', tags, 1);
    assert_eq!(admin(address, &listed("\"7\", \"8\"")).await.status, 412);
    assert_eq!(admin(address, &listed("\"7\", \"0\"")).await.status, 200);
    let before = admin(address, "GET /admin/v1/state").await;
    let answer = admin(address, &put("application/json", &before.body)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"revision": 2})));
    let (mut before, mut after) =
        (before.json(), admin(address, "GET /admin/v1/state").await.json());
    assert_eq!((before["revision"].take(), after["revision"].take()), (json!(1), json!(2)));
    assert_eq!(before, after);

    let yaml = "features: [{key: LIMIT, type: NUMBER}]\nenvironments: [{name: dev, values: {LIMIT: 7.50}}]";
    let answer = admin(address, &put("application/yaml; charset=utf-8", yaml)).await.json();
    assert_eq!(answer["revision"], 3);
    assert!(answer["warnings"][0]["error"].as_str().unwrap().contains("no accounts"), "{answer}");
    let value = admin(address, "GET /admin/v1/features/dev/LIMIT").await;
    assert!(value.body.contains("\"value\":7.50,"), "{}", value.body);

    assert!(std::env::var("PATH").is_ok());
    let prying = "environments: [{name: dev}]\naccounts: [{name: x, clientKey: '${PATH}*', permissions: {dev: [READ], no: [READ]}}]";
    let refused = admin(address, &put("text/yaml", prying)).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.json()["place"].as_str().unwrap().starts_with("accounts[0]"),
        "{}",
        refused.body
    );
    assert_eq!(refused.json()["further"].as_array().unwrap().len(), 1, "{}", refused.body);
    let unknown = admin(address, &put("text/plain", yaml)).await;
    assert_eq!((unknown.status, &unknown.json()["place"]), (415, &json!("Content-Type")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_refuses_changes() {
    let (upstream, _edge) = serve(state(), Options::default()).await;
    let keys = RelayKeys::pair(CLIENT_KEY, SERVER_KEY);
    let relay = RelayOptions::new(format!("http://{upstream}")).keys(keys);
    let edge = Edge::builder().relay(relay).options(options()).build().unwrap();
    let address = listen(edge.router()).await;
    let is_ready = async || ask(address, "GET /health/readiness").await.status == 200;
    wait_until_async("the relay is ready", is_ready).await;
    assert_eq!(admin(address, "GET /admin/v1/environments").await.json()["relayed"], true);
    let json = "content-type: application/json";
    for request in [
        format!("PATCH /admin/v1/features/{ENVIRONMENT}/BANNER\n{json}\n\n{{\"value\":\"x\"}}"),
        format!("PUT /admin/v1/state\nif-match: *\n{json}\n\n{{\"features\":[]}}"),
        "GET /admin/v1/state".to_string(),
        "GET /admin/v1/keys".to_string(),
    ] {
        let refused = admin(address, &request).await;
        assert_eq!(refused.status, 409, "{request}");
        assert!(refused.json()["error"].as_str().unwrap().contains("relays another Edge"));
    }
    let question = format!(
        r#"{{"environment":"{ENVIRONMENT}","features":["NEW_CHECKOUT"],"context":{{"country":"new_zealand"}}}}"#
    );
    let answer = admin(address, &format!("POST /admin/v1/evaluate\n{json}\n\n{question}")).await;
    assert_eq!(answer.json()["features"][0]["value"], true, "{}", answer.body);
}
