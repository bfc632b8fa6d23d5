//! OFREP with handwritten requests. The published providers are tested in a suite of their own.

mod protocol;

use fh_edge::state::{Json, State};
use fh_edge::{FeatureChange, Options};
use serde_json::json;

use crate::http::{Reply, request};
use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, serve, state};

async fn ask(path: &str, key: &[(&str, &str)], body: &str) -> Reply {
    let (address, _) = serve(state(), Options::default()).await;
    request(address, "POST", &format!("/ofrep/v1/evaluate/flags{path}"), key, body).await
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_feature() {
    let bearer = bearer(SERVER_KEY);
    let kiwi = r#"{"context":{"targetingKey":"fred","country":"new_zealand"}}"#;
    let reply = ask("/NEW_CHECKOUT", &[("authorization", &bearer)], kiwi).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json(),
        json!({"key": "NEW_CHECKOUT", "value": true, "reason": "TARGETING_MATCH", "variant": "kiwi"})
    );
    let reply = ask("/NEW_CHECKOUT", &[("x-api-key", CLIENT_KEY)], "{}").await;
    assert_eq!(
        reply.json(),
        json!({"key": "NEW_CHECKOUT", "value": false, "reason": "DEFAULT", "variant": "default"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn all_features_and_their_etag() {
    let (address, edge) = serve(state(), Options::default()).await;
    let path = "/ofrep/v1/evaluate/flags";
    let key = [("x-api-key", SERVER_KEY)];
    let body = r#"{"context":{"targetingKey":"fred"}}"#;
    let first = request(address, "POST", path, &key, body).await;
    let flags = first.json()["flags"].as_array().unwrap().clone();
    let keys: Vec<&str> = flags.iter().filter_map(|flag| flag["key"].as_str()).collect();
    assert_eq!(keys, ["NEW_CHECKOUT", "BANNER"]);
    let etag = first.header("etag").unwrap().to_string();
    let bare = etag.trim_matches('"');
    let other = r#"{"context":{"targetingKey":"mara"}}"#;
    for (held, body, status) in [
        (&*etag, body, 304),
        (&format!("W/{etag}"), body, 304),
        (&format!("\"a,b\", {etag}"), body, 304),
        (bare, body, 304),
        (&format!("W/{bare}"), body, 304),
        ("*", body, 200),
        (&bare[1..], body, 200),
        (&*etag, other, 200),
    ] {
        let reply = request(address, "POST", path, &[key[0], ("if-none-match", held)], body).await;
        protocol::check(path, &reply);
        assert_eq!(reply.status, status, "{held}");
    }
    // No answer shows a lock or a version.
    let change = FeatureChange { locked: Some(false), ..FeatureChange::default() };
    edge.change(ENVIRONMENT.parse().unwrap(), "BANNER", change).await.unwrap();
    let again = request(address, "POST", path, &key, body).await;
    assert_eq!(again.header("etag"), Some(&*etag));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_of_their_types() {
    let text = format!(
        r#"{{"features": [
            {{"id": "11111111-1111-4111-8111-111111111111", "key": "DOCUMENT", "type": "JSON", "properties": {{"owner": "me"}}}},
            {{"id": "22222222-2222-4222-8222-222222222222", "key": "LIMIT", "type": "NUMBER"}},
            {{"id": "33333333-3333-4333-8333-333333333333", "key": "TEXT", "type": "STRING"}}],
        "environments": [{{"id": "{ENVIRONMENT}", "name": "dev", "values": {{
            "DOCUMENT": {{"value": "{{\"a\": [1]}}"}}, "LIMIT": {{"value": 7.50}}, "TEXT": {{"value": "12"}}}}}}],
        "accounts": [
            {{"name": "all", "serverKey": ["all-server"], "permissions": {{"{ENVIRONMENT}": ["READ", "EXTENDED_DATA"]}}}},
            {{"name": "few", "serverKey": ["few-server"], "permissions": {{"{ENVIRONMENT}": ["READ"]}}}}]}}"#
    );
    let state: State = serde_json::from_str(&text).unwrap();
    let (address, edge) = serve(state, Options::default()).await;
    let (all, few) = (format!("{ENVIRONMENT}/all-server"), format!("{ENVIRONMENT}/few-server"));
    let ask = async |key: &str| {
        let path = "/ofrep/v1/evaluate/flags";
        request(address, "POST", path, &[("x-api-key", key)], "{}").await
    };
    let reply = ask(&all).await;
    let document = json!({"key": "DOCUMENT", "value": {"a": [1]}, "reason": "STATIC", "variant": "default", "metadata": {"owner": "me"}});
    assert_eq!(reply.json()["flags"][0], document);
    assert_eq!(reply.json()["flags"][2]["value"], "12");
    assert!(reply.body.contains(r#""key":"LIMIT","value":7.50,"#), "{}", reply.body);
    assert_eq!(ask(&few).await.json()["flags"][0].get("metadata"), None);
    // After a change, the etag differs.
    let change =
        FeatureChange { value: Some(Some(Json::parse("8").unwrap())), ..FeatureChange::default() };
    edge.change(ENVIRONMENT.parse().unwrap(), "LIMIT", change).await.unwrap();
    let after = ask(&all).await;
    assert_ne!(after.header("etag"), reply.header("etag"));
    assert_eq!(after.json()["flags"][1]["value"], 8);
}
